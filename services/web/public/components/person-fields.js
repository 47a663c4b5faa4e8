// The controls of a person: name, mail, phone and link, as template#person-fields has them.
import { stamp } from './template.js';

let made = 0; // so that ids are unique in the page

// personFields returns the controls, with ids of their own.
export function personFields() {
  const fields = stamp('person-fields').firstElementChild;
  const id = `person${++made}`;
  for (const field of fields.children) {
    const control = field.querySelector('input');
    control.id = `${id}-${control.dataset.part}`;
    field.querySelector('label').htmlFor = control.id;
    const lines = [...field.querySelectorAll('p')];
    for (const line of lines) line.id = `${control.id}-${line.dataset.line}`;
    control.setAttribute('aria-describedby', lines.map((line) => line.id).join(' '));
  }
  return fields;
}

// readPerson returns what is in the controls within an element, and writePerson sets them.
export function readPerson(element) {
  return Object.fromEntries([...parts(element)].map((control) => [control.dataset.part, control.value]));
}

export function writePerson(element, person) {
  for (const control of parts(element)) control.value = person?.[control.dataset.part] ?? '';
}

// namePerson names the controls by the path of the person in the plan.
export function namePerson(element, path) {
  for (const control of parts(element)) control.name = `${path}.${control.dataset.part}`;
}

function parts(element) {
  return element.querySelectorAll('[data-part]');
}
