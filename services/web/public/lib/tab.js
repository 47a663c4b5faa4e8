// The tab of the browser: its title and icon say how many services are down, so that somebody
// who does something else sees it.
const most = 9; // the highest number that an icon has room for

let name = '';
let down = 0;
let moment = ''; // that the page shows; "": the present

// nameTab sets what the page shows, "" for the portal as a whole.
export function nameTab(title) {
  name = title;
  showTitle();
}

// countDown sets how many services are down.
export function countDown(n) {
  if (n === down) return;
  down = n;
  show();
}

// dateTab sets the moment that the page shows, "" for the present: the tab then says that, and
// not what is down now.
export function dateTab(words) {
  if (words === moment) return;
  moment = words;
  show();
}

function show() {
  showTitle();
  document.querySelector('link[rel=icon]').href = moment ? '/favicons/past.svg' : icon(down);
}

// icon returns the path of the icon for so many services that are down.
export function icon(n) {
  if (n === 0) return '/favicon.svg';
  return `/favicons/${n > most ? 'more' : n}.svg`;
}

// title returns the title of a tab that shows something while so many services are down, or at
// a moment.
export function title(shown, n, at = '') {
  const first = at || (n > 0 ? `${n.toLocaleString('en')} down` : '');
  return [first, shown, 'Dev Portal'].filter(Boolean).join(' · ');
}

function showTitle() {
  document.title = title(name, down, moment);
}
