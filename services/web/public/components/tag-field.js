// <tag-field> edits a list of tags: its property `value`, which includes text that is
// typed but not yet added. Enter or a comma adds the typed text. Each tag is an item with
// a button that removes it, so that a tag with a comma in it stays whole.
import { splitTags } from '../lib/fields.js';
import { setText, stamp } from './template.js';

class TagField extends HTMLElement {
  #tags = [];
  #input;
  #list;
  #news;

  connectedCallback() {
    if (this.#input) return;
    this.#input = this.querySelector('input');
    this.#list = this.querySelector('.tag-field-list');
    this.#news = this.querySelector('[role="status"]');
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#input.addEventListener('input', ({ isComposing }) => {
      if (!isComposing && this.#input.value.endsWith(',')) this.commit();
    });
    this.#list.addEventListener('click', ({ target }) => this.#remove(target.closest('li')));
    this.#list.addEventListener('keydown', (event) => {
      if (event.key !== 'Backspace' && event.key !== 'Delete') return;
      event.preventDefault();
      this.#remove(event.target.closest('li'));
    });
  }

  get value() {
    return [...new Set([...this.#tags, ...splitTags(this.#input.value)])];
  }

  set value(tags) {
    this.#input.value = '';
    setText(this.#news, '');
    this.#show(tags);
  }

  // commit adds the typed text.
  commit() {
    const added = splitTags(this.#input.value);
    this.#show(this.value);
    this.#input.value = '';
    if (added.length > 0) setText(this.#news, `Added: ${added.join(', ')}`);
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === 'Enter' && this.#input.value.trim()) {
      event.preventDefault(); // without text, Enter saves the form as in any other field
      this.commit();
    }
    if (event.key === 'Backspace' && this.#input.value === '') this.#list.lastElementChild?.lastElementChild.focus();
  }

  // remove moves the focus to the next tag, so that several can be removed in a row.
  #remove(item) {
    if (!item) return;
    const index = [...this.#list.children].indexOf(item);
    const [tag] = this.#tags.slice(index, index + 1);
    this.#show(this.#tags.toSpliced(index, 1));
    const next = this.#list.children[Math.min(index, this.#tags.length - 1)];
    (next?.lastElementChild ?? this.#input).focus();
    setText(this.#news, `Removed: ${tag}`);
    this.dispatchEvent(new Event('input', { bubbles: true }));
  }

  #show(tags) {
    this.#tags = tags;
    this.#list.hidden = tags.length === 0;
    const items = tags.map((tag) => {
      const item = stamp('tag-field-item').firstElementChild;
      item.firstElementChild.textContent = tag;
      item.querySelector('button bdi').textContent = tag;
      return item;
    });
    this.#list.replaceChildren(...items);
  }
}

customElements.define('tag-field', TagField);
