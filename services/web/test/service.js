// service returns a service as in the API, with the given fields.
export function service(fields) {
  return {
    id: fields.id ?? `id of ${fields.name}`,
    name: 'billing',
    description: null,
    team: null,
    status: 'healthy',
    status_url: null,
    docs_url: null,
    github_url: null,
    dashboard_url: null,
    tags: [],
    depends_on: [],
    interval: '1m',
    version: 1,
    status_since: '2026-01-01T00:00:00Z',
    status_reason: null,
    http_status: null,
    latency_ms: null,
    last_checked_at: null,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    ...fields,
  };
}

// names lists services by name.
export const names = (services) => services.map(({ name }) => name);
