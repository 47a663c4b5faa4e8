// What a service needs, on its page and in its form, in the terms of the user.

// parts returns the lists of a service's page.
export function parts(page) {
  const list = (name) => page.getByRole('region', { name, exact: true });
  return { needs: list('Needs'), neededBy: list('Needed by') };
}

export const rows = (part) => part.getByRole('listitem');

// entry returns an entry of the form.
export function entry(home, name) {
  const root = home.form.getByRole('list', { name: 'Needed so far' }).getByRole('listitem').filter({ hasText: name });
  return {
    root,
    kind: root.getByRole('combobox'),
    note: root.getByRole('textbox'),
    remove: root.getByRole('button', { name: /^Remove/ }),
  };
}

// offered are the services that the form's field offers.
export const offered = (home) => home.form.getByRole('listbox', { name: 'Services' }).getByRole('option');
