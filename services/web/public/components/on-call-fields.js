// <on-call-fields> edits an on-call plan: its property `value`, the plan or null. `zones` are the time zones that
// it offers, `zone` that of the browser. What was typed of one kind of plan stays while another is chosen.
import { nextStart } from '../lib/on-call-plan.js';
import './person-list.js';
import { namePerson, personFields, readPerson, writePerson } from './person-fields.js';
import { setText } from './template.js';

class OnCallFields extends HTMLElement {
  #built = false;
  #host = ''; // of the calendar whose address the portal has

  connectedCallback() {
    if (this.#built) return;
    this.#built = true;
    const contact = personFields();
    namePerson(contact, 'on_call.contact');
    this.#part('contact').append(contact);
    this.addEventListener('input', () => this.#show());
    this.addEventListener('change', ({ target }) => this.#reuse(target));
    this.addEventListener('click', ({ target }) => this.#choose(target.closest('[data-days]')));
  }

  get value() {
    const kind = this.#kind;
    if (kind === 'contact') return { kind, contact: readPerson(this.#part(kind)) };
    if (kind === 'rotation') return { kind, rotation: this.#rotation() };
    return kind === 'calendar'
      ? { kind, calendar: { url: this.#control('calendarUrl').value, host: this.#host } }
      : null;
  }

  set value(plan) {
    const { contact, rotation, calendar } = plan ?? {};
    for (const radio of this.#radios) radio.checked = radio.value === (plan?.kind ?? '');
    writePerson(this.#part('contact'), contact);
    this.#control('rotationZone').value = rotation?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.#control('rotationStarts').value = rotation?.starts ?? nextStart(Date.now());
    this.#control('rotationDays').value = rotation?.shift_days ?? 7;
    this.#people.value = (rotation?.people ?? [{}]).map((person) => ({ person }));
    this.#overrides.value = rotation?.overrides ?? [];
    this.#control('calendarUrl').value = calendar?.url ?? '';
    this.#host = calendar?.host ?? '';
    this.#offerZones();
    this.#show();
  }

  get #kind() {
    return this.#radios.find(({ checked }) => checked)?.value ?? '';
  }

  get #radios() {
    return [...this.querySelectorAll('[name="kind"]')];
  }

  get #people() {
    return this.querySelector('#planPeople');
  }

  get #overrides() {
    return this.querySelector('#planOverrides');
  }

  #part(kind) {
    return this.querySelector(`[data-kind="${kind}"]`);
  }

  #control(id) {
    return this.querySelector(`#${id}`);
  }

  #rotation() {
    return {
      people: this.#people.value.map(({ person }) => person),
      zone: this.#control('rotationZone').value,
      starts: this.#control('rotationStarts').value,
      shift_days: this.#control('rotationDays').value,
      overrides: this.#overrides.value,
    };
  }

  // show shows the controls of the kind that is chosen. Those of others cannot be reached, nor have errors.
  #show() {
    for (const part of this.querySelectorAll('[data-kind]')) {
      part.hidden = part.dataset.kind !== this.#kind;
      part.disabled = part.hidden;
    }
    const days = this.#control('rotationDays').value;
    for (const button of this.querySelectorAll('[data-days]'))
      button.ariaPressed = String(button.dataset.days === days);
    const kept = this.querySelector('#calendarUrl-kept');
    setText(kept, this.#host && `Kept: ${this.#host}. Enter an address to replace it.`);
    kept.hidden = !this.#host;
    const names = [...new Set(this.#people.value.map(({ person }) => person.name.trim()).filter(Boolean))];
    const known = [...this.querySelectorAll('#planNames option')].map(({ value }) => value);
    if (names.join('\n') === known.join('\n')) return;
    this.querySelector('#planNames').replaceChildren(...names.map((name) => new Option('', name)));
  }

  // reuse gives who replaces somebody the contacts that they have in the rotation.
  #reuse(control) {
    const item = this.#overrides.contains(control) && control.dataset.part === 'name' && control.closest('li');
    const { name, ...others } = item ? readPerson(item) : {};
    if (!item || Object.values(others).some(Boolean)) return;
    const known = this.#people.value.find(({ person }) => person.name.trim() === name.trim());
    if (known) writePerson(item, { ...known.person, name });
  }

  #choose(button) {
    if (!button) return;
    const days = this.#control('rotationDays');
    days.value = button.dataset.days;
    days.dispatchEvent(new Event('input', { bubbles: true }));
  }

  #offerZones() {
    const list = this.querySelector('#zones');
    if (list.options.length > 0) return;
    const zones = ['UTC', ...(Intl.supportedValuesOf?.('timeZone') ?? [])];
    list.replaceChildren(...[...new Set(zones)].map((zone) => new Option('', zone)));
  }
}

customElements.define('on-call-fields', OnCallFields);
