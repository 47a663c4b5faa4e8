// The page for unknown addresses.
import { Page } from './page.js';

export class Nowhere extends Page {
  root = document.querySelector('#nowhere');

  get title() {
    return 'Nothing here';
  }
}
