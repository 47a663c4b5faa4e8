// <team-health> shows the scorecard of a team: show(card) takes that of the API, or null while there is none.
import { format, levelNames, levels } from '../lib/scorecard.js';
import { showLevel } from './health-card.js';
import { fillList } from './list.js';
import { setText, stamp } from './template.js';

const few = 3; // rules that it names

class TeamHealth extends HTMLElement {
  connectedCallback() {
    if (!this.firstElementChild) this.append(stamp('team-health'));
  }

  // show reports whether there is anything to show.
  show(card) {
    const some = Boolean(card?.level);
    this.hidden = !some;
    if (!some) return false;
    const team = [card.team.name];
    showLevel(this.querySelector('.level'), card.level);
    const counts = [...levels].reverse().map((level) => ({
      key: level,
      n: card.levels[level],
      words: levelNames[level].toLowerCase(),
      href: format({ team, level: [level] }),
    }));
    const rules = card.failing.slice(0, few).map(({ id, title, failing }) => ({
      key: id,
      n: failing,
      words: title,
      href: format({ team, rule: [id] }),
    }));
    fillList(this.querySelector('.health-counts'), 'health-count', counts, showCount);
    fillList(this.querySelector('.health-most'), 'health-count', rules, showCount);
    this.querySelector('.health-fails').hidden = rules.length === 0;
    this.querySelector('.health-all').href = format({ team });
    return true;
  }
}

function showCount(element, { n, words, href }) {
  const link = element.querySelector('a');
  if (link.getAttribute('href') !== href) link.href = href;
  setText(element.querySelector('strong'), n.toLocaleString('en'));
  setText(element.querySelector('span'), words);
}

customElements.define('team-health', TeamHealth);
