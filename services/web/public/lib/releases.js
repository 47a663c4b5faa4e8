// Texts about the releases of a service, independent of the DOM.
import { isWebAddress } from './fields.js';

const problems = {
  not_found:
    'No repository was found at the code link. One that is private needs a token in the settings of the portal.',
  denied: 'The forge does not let the portal in. Its token may have expired: whoever runs the portal can renew it.',
  rate_limited: 'The forge takes no more requests for now. The portal asks again by itself.',
  unreachable: 'The forge does not answer. The portal asks again by itself.',
  bad_answer:
    'What answers at the code link is not the forge that it should be. Whoever runs the portal can check its settings (PORTAL_FORGES).',
  unsupported:
    'The code link does not lead to a repository at a forge that the portal knows. Change the link, or have the forge added to its settings (PORTAL_FORGES).',
};

// note says why there are no releases, or none that are new; "": there are some, and all is well.
export function note({ problem, items }) {
  if (problem) {
    const why = problems[problem] ?? `The releases could not be read (${problem}).`;
    return items.length > 0 ? `${why} These are from before.` : why;
  }
  return items.length > 0 ? '' : 'No releases yet.';
}

// known reports whether anybody has looked for releases.
export function known(releases) {
  return Boolean(releases.repository && releases.checked_at);
}

// allReleases is the address of the forge's page with all releases of a repository.
export function allReleases({ repository, items }) {
  const [, page] = /^(https?:\/\/.+\/releases)\//.exec(items[0]?.url ?? '') ?? [];
  return page ?? repository;
}

// published says a release as a moment of the timeline, as said in lib/timeline.js.
export function published({ tag, title, author, prerelease, url }) {
  return {
    words: [{ name: tag }, prerelease ? ' pre-released' : ' released', ...(title ? [': ', { name: title }] : [])],
    more: author ? ['by ', { name: author }] : [],
    link: isWebAddress(url) ? url : '',
  };
}
