// <release-list> shows the newest releases of a service: show(releases, now) takes those of the
// API, or null while they are not known. Its section is hidden where nobody has looked for any.
import { when } from '../lib/dates.js';
import { allReleases, known, note } from '../lib/releases.js';
import { notes } from './notes.js';
import { setText, setTime, stamp } from './template.js';

class ReleaseList extends HTMLElement {
  #shown = '';

  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('release-list'));
  }

  show(releases, now) {
    const text = JSON.stringify(releases);
    if (text === this.#shown) return; // what somebody has unfolded stays so
    this.#shown = text;
    this.closest('section').hidden = !releases || !known(releases);
    const items = releases?.items ?? [];
    this.querySelector('.releases').replaceChildren(...items.map((release) => item(release, now)));
    const said = this.querySelector('.release-note');
    setText(said, releases ? note(releases) : '');
    said.hidden = !said.textContent;
    const all = this.querySelector('.release-all');
    all.hidden = items.length === 0;
    if (items.length > 0) all.href = allReleases(releases);
  }
}

function item(release, now) {
  const { tag, title, url, author, published_at, prerelease, notes: tree, notes_cut } = release;
  const element = stamp('release').firstElementChild;
  const find = (selector) => element.querySelector(selector);
  const [link, plain] = [find('a.release-tag'), find('span.release-tag')];
  (url ? plain : link).remove();
  if (url) link.href = url;
  setText(find('.release-tag bdi'), tag);
  setText(find('.release-title'), title ?? '');
  find('.release-pre').hidden = !prerelease;
  setTime(find('time'), when(published_at, now), published_at);
  find('.release-by').hidden = !author;
  setText(find('.release-by bdi'), author ?? '');
  const folded = find('details');
  folded.hidden = tree.length === 0;
  setText(find('summary bdi'), tag);
  find('.notes').append(notes(tree));
  find('.release-cut').hidden = !notes_cut;
  return element;
}

customElements.define('release-list', ReleaseList);
