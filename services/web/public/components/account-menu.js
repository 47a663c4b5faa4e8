// <account-menu> shows who is signed in, and lets them sign in and out: show(me) with the
// answer of /api/me. It bubbles "signin" and "signout" (detail: whether everywhere).
import { may, more, offersSignIn } from '../lib/account.js';
import { setText, stamp, tell } from './template.js';

class AccountMenu extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('account-menu'));
    this.querySelector('#signInBtn').addEventListener('click', () => tell(this, 'signin'));
    this.querySelector('#signOutBtn').addEventListener('click', () => this.#signOut(false));
    this.querySelector('#signOutAllBtn').addEventListener('click', () => this.#signOut(true));
  }

  show(me) {
    const known = me.kind !== 'anonymous';
    this.querySelector('#signInBtn').hidden = !offersSignIn(me);
    const button = this.querySelector('#accountBtn');
    button.hidden = !known;
    setText(button.querySelector('bdi'), me.name ?? '');
    setText(this.querySelector('.account-name'), me.name ?? '');
    setText(this.querySelector('.account-kind'), me.kind === 'key' ? 'signed in by this key' : '');
    setText(this.querySelector('.account-may'), may(me));
    setText(this.querySelector('.account-more'), more(me));
    this.querySelector('.account-actions').hidden = !me.signed_in;
    if (!known) this.querySelector('#account').hidePopover();
  }

  #signOut(everywhere) {
    this.querySelector('#account').hidePopover();
    tell(this, 'signout', everywhere);
  }
}

customElements.define('account-menu', AccountMenu);
