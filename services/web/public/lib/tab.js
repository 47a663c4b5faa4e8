// The tab of the browser: its title and icon say how many services are down, so that somebody
// who does something else sees it.
const most = 9; // the highest number that an icon has room for

let name = '';
let down = 0;

// nameTab sets what the page shows, "" for the portal as a whole.
export function nameTab(title) {
  name = title;
  showTitle();
}

// countDown sets how many services are down.
export function countDown(n) {
  if (n === down) return;
  down = n;
  showTitle();
  document.querySelector('link[rel=icon]').href = icon(n);
}

// icon returns the path of the icon for so many services that are down.
export function icon(n) {
  if (n === 0) return '/favicon.svg';
  return `/favicons/${n > most ? 'more' : n}.svg`;
}

// title returns the title of a tab that shows something while so many services are down.
export function title(shown, n) {
  return [n > 0 ? `${n.toLocaleString('en')} down` : '', shown, 'Dev Portal'].filter(Boolean).join(' · ');
}

function showTitle() {
  document.title = title(name, down);
}
