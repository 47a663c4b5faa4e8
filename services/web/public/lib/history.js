// Texts and numbers about what was measured of a service, independent of the DOM.
import { span } from './format.js';

// ranges are those of the chart: for how long, and in which steps; "" leaves that to the API.
export const ranges = {
  '3h': { label: '3 h', ms: 3 * 3_600_000, step: '5m' },
  '24h': { label: '24 h', ms: 86_400_000, step: '5m' },
  '7d': { label: '7 d', ms: 7 * 86_400_000, step: '1h' },
  '30d': { label: '30 d', ms: 30 * 86_400_000, step: '6h' },
  '90d': { label: '90 d', ms: 90 * 86_400_000, step: '1d' },
};

export const windows = { '24h': '24 hours', '7d': '7 days', '30d': '30 days', '90d': '90 days' };

// percent formats a part of 1 with as many digits as tell it from the whole: "99.95 %". It
// rounds down, so that 100 % is only what is whole.
export function percent(part) {
  const digits = part >= 0.999 ? 3 : part >= 0.1 ? 2 : 1;
  const rounded = Math.floor(part * 100 * 10 ** digits) / 10 ** digits;
  return `${rounded.toLocaleString('en', { maximumFractionDigits: digits })} %`;
}

// figures says how much of a window a service was up: { uptime, notes }.
export function figures({ uptime, coverage, down_s, degraded_s }) {
  if (uptime === null) return { uptime: '–', notes: ['nobody looked'] };
  const lasted = (word, seconds) => (seconds > 0 ? [`${word} ${lengthy(seconds * 1000)}`] : []);
  return {
    uptime: percent(uptime),
    notes: [`of ${percent(coverage)} observed`, ...lasted('down', down_s), ...lasted('degraded', degraded_s)],
  };
}

// lengthy formats a duration in its two largest units: "1 h 4 min".
export function lengthy(ms) {
  const large = span(ms);
  const sizes = { d: 86_400_000, h: 3_600_000, min: 60_000 };
  const size = sizes[large.split(' ')[1]];
  const rest = size ? ms % size : 0;
  return rest < 60_000 || size === 60_000 ? large : `${large} ${span(rest)}`;
}

// series turns buckets into what the chart draws: columns of seconds, p50 and p95, where null
// is a gap, and bands of what was not healthy: { from, to, kind } in seconds.
export function series(buckets, end) {
  const times = buckets.map(({ at }) => Date.parse(at) / 1000);
  const value = (bucket, name) => bucket.latency_ms?.[name] ?? null;
  const bands = [];
  for (const [i, bucket] of buckets.entries()) {
    const kind = kindOf(bucket);
    if (!kind) continue;
    const to = times[i + 1] ?? end / 1000;
    const last = bands.at(-1);
    if (last?.kind === kind && last.to === times[i]) last.to = to;
    else bands.push({ from: times[i], to, kind });
  }
  return { columns: [times, buckets.map((b) => value(b, 'p50')), buckets.map((b) => value(b, 'p95'))], bands };
}

// kindOf says what the background of a bucket shows, or "": it was healthy.
function kindOf({ observed_s, degraded_s, down_s }) {
  if (down_s > 0) return 'down';
  if (degraded_s > 0) return 'degraded';
  return observed_s > 0 ? '' : 'unobserved';
}

// row says a bucket in words, for the table.
export function row({ probes, missed, observed_s, healthy_s, degraded_s, down_s, latency_ms: l }) {
  const ms = (value) => (l ? `${Math.round(value)} ms` : '–');
  const parts = [
    down_s > 0 && `down ${lengthy(down_s * 1000)}`,
    degraded_s > 0 && `degraded ${lengthy(degraded_s * 1000)}`,
    healthy_s > 0 && (healthy_s === observed_s ? 'healthy' : `healthy ${lengthy(healthy_s * 1000)}`),
  ].filter(Boolean);
  return {
    state: parts.join(', ') || 'not observed',
    p50: ms(l?.p50),
    p95: ms(l?.p95),
    probes: missed > 0 ? `${probes}, ${missed} missed` : `${probes}`,
  };
}

// said says a bucket in a line.
export function said(bucket) {
  const { state, p50, p95 } = row(bucket);
  return bucket.latency_ms ? `${p50}, ${p95} at 95 %, ${state}` : state;
}
