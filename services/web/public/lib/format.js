// Texts for the codes and numbers of the API.
import { statuses, statusNames } from './status.js';

const reasons = {
  redirect: 'Redirects elsewhere',
  dns: 'Host name not found',
  dns_failure: 'DNS lookup failed',
  connect_refused: 'Connection refused',
  connect_timeout: 'No connection in time',
  unreachable: 'No route to the host',
  tls: 'TLS handshake failed',
  tls_expired: 'Certificate expired',
  tls_not_yet_valid: 'Certificate not valid yet',
  tls_name: 'Certificate is for another name',
  tls_unknown_authority: 'Certificate of an unknown authority',
  timeout: 'No answer in time',
  reset: 'Connection closed early',
  bad_response: 'Answer is not HTTP',
  blocked: 'Address not allowed',
  stale: 'No result for three intervals',
};

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

// span formats a duration in its largest unit, rounded down: "12 s", "3 d".
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

// ago formats how long ago something was; below fresh, both in ms, it is "just now".
export function ago(age, fresh = 1000) {
  return age < fresh ? 'just now' : `${span(age)} ago`;
}

// checked says when a service was last probed; now is the server's time, as in trouble.
// A result newer than now is "just now".
export function checked(service, now) {
  if (!service.status_url) return 'Status set by hand';
  if (!service.last_checked_at) return service.status_reason ? '' : 'not checked yet'; // '': it is not known of the past
  return `checked ${ago(now - Date.parse(service.last_checked_at))}`;
}

// latency formats the duration of the last probe, "" if it got no answer. A service without
// probes has its status by hand.
export function latency(service) {
  if (!service.status_url) return 'by hand';
  if (service.latency_ms === null) return '';
  return service.latency_ms < 10_000 ? `${service.latency_ms} ms` : `${(service.latency_ms / 1000).toFixed(1)} s`;
}

// reason says in a few words why a service is not healthy, or "".
export function reason(service) {
  const { status, status_reason: code } = service;
  if (status === 'healthy' || !code) return '';
  if (code.startsWith('http_')) return service.http_status ? `HTTP ${service.http_status}` : 'Bad HTTP answer';
  return reasons[code] ?? '';
}

// state says what is the matter with a service: the reason, or its status.
export function state(service) {
  const { status, status_url: url, last_checked_at: at, status_reason: why } = service;
  if (status === 'unknown' && url && !at && !why) return 'Not checked yet';
  return reason(service) || statusNames[status];
}

// since says for how long a service has been in its state: "for 4 min", or "" if nobody looked.
export function since(service, now) {
  const moment = Date.parse(service.status_since ?? '');
  const unseen = service.status === 'unknown' && !reason(service);
  return moment && !unseen ? `for ${span(now - moment)}` : '';
}

// outcome describes the result of Check now; it follows the service's name.
export function outcome(service) {
  const details = [reason(service), latency(service)].filter(Boolean).join(', ');
  return `is ${service.status}${details ? ` (${details})` : ''}.`;
}

// changes describes the new statuses of services whose status changed.
export function changes(services) {
  if (services.length <= 2) return services.map(newStatus).join(' ');
  const numbers = statuses
    .map((status) => [services.filter((service) => service.status === status).length, status])
    .filter(([n]) => n > 0);
  return `${count(services.length)} changed: ${numbers.map((pair) => pair.join(' ')).join(', ')}.`;
}

function newStatus(service) {
  const why = reason(service);
  return `${service.name} is ${service.status}${why ? `: ${why}` : ''}.`;
}

// count formats "1 service" or "24 services".
export function count(n) {
  return `${n.toLocaleString('en')} ${n === 1 ? 'service' : 'services'}`;
}

// whoNeeds says which services need one: "3 services need it: Billing, Mail and Shop."
export function whoNeeds({ services, total }, most = 5) {
  const names = services.slice(0, most).map(({ name }) => name);
  if (total > names.length) names.push(`${(total - names.length).toLocaleString('en')} more`);
  const last = names.pop();
  const all = names.length > 0 ? `${names.join(', ')} and ${last}` : last;
  return total === 1 ? `One service needs it: ${all}.` : `${count(total)} need it: ${all}.`;
}
