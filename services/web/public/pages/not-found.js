// The page for unknown addresses.
import { Page } from './page.js';

export class NotFoundPage extends Page {
  root = document.querySelector('#not-found');

  get title() {
    return 'Page not found';
  }
}
