import assert from 'node:assert/strict';
import test from 'node:test';
import { asides, filterOf, format, isEmpty, summary, titled, toggled } from '../public/lib/scorecard.js';

const rule = (id, outcome, reason = null) => ({ id, title: `It has ${id}`, outcome, reason });

test('the filter of an address, and back', () => {
  const nothing = { team: [], level: [], rule: [] };
  for (const [search, filter, address] of [
    ['', nothing, '/scorecards'],
    ['?x=1&team=', nothing, '/scorecards'],
    ['?level=platinum', nothing, '/scorecards'],
    ['?rule=docs&level=none', { ...nothing, level: ['none'], rule: ['docs'] }, '/scorecards?level=none&rule=docs'],
    ['?team=A%26B&team=A%26B', { ...nothing, team: ['A&B'] }, '/scorecards?team=A%26B'],
  ]) {
    assert.deepEqual(filterOf(search), filter, search);
    assert.equal(format(filter), address);
    assert.equal(isEmpty(filter), address === '/scorecards');
  }
  assert.equal(
    filterOf(`?${'rule=x&'.repeat(3)}${Array.from({ length: 50 }, (_, i) => `rule=${i}`).join('&')}`).rule.length,
    20,
  );
  assert.equal(format({}), '/scorecards');
});

test('a value of a filter is added, and taken away', () => {
  const filter = { team: ['Web'], level: ['none'], rule: [] };
  assert.deepEqual(toggled(filter, 'level', 'gold'), { team: ['Web'], level: ['none', 'gold'], rule: [] });
  assert.deepEqual(toggled(filter, 'level', 'none'), { team: ['Web'], level: [], rule: [] });
});

test('what a scorecard says in short', () => {
  const card = (...outcomes) => ({ rules: outcomes.map((outcome, i) => rule(i, outcome, 'Why.')) });
  assert.equal(summary(card('passed', 'passed', 'off')), 'all 2 rules pass');
  assert.equal(summary(card('passed')), 'the one rule passes');
  assert.equal(summary(card('failed', 'passed', 'not_applicable')), '1 of 2 rules fails');
  assert.equal(summary(card('failed', 'failed', 'passed')), '2 of 3 rules fail');
  assert.deepEqual(asides(card('off', 'failed', 'not_applicable')), [
    { title: 'It has 2', reason: 'Why.' },
    { title: 'It has 0', reason: 'Why.' },
  ]);
  assert.equal(titled([rule('docs', 'passed')]).get('docs'), 'It has docs');
});
