// fillList makes the children of a list match items, each { key, … }, with as few moves as it can: new ones are
// copies of a template, and fill(element, item) shows an item.
import { finish, reconcile } from '../lib/reconcile.js';
import { stamp } from './template.js';

export function fillList(list, template, items, fill) {
  const elements = new Map([...list.children].map((element) => [element.key, element]));
  const byKey = new Map(items.map((item) => [item.key, item]));
  const show = (key) => {
    const element = elements.get(key) ?? stamp(template).firstElementChild;
    element.key = key;
    fill(element, byKey.get(key));
    return element;
  };
  finish(reconcile(list, [...byKey.keys()], show));
}
