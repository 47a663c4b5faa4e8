// The four statuses. Services that need a person come first. Unknown is before healthy, because such
// a service may not work.
export const statuses = ['down', 'degraded', 'unknown', 'healthy'];

export const statusNames = { healthy: 'Healthy', degraded: 'Degraded', down: 'Down', unknown: 'Unknown' };
