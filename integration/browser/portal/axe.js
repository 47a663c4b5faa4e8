// What axe finds wrong with a page: WCAG's rules, and those of good practice.
import { AxeBuilder } from '@axe-core/playwright';

const ofColours = ['color-contrast', 'link-in-text-block'];

// flaws returns each broken rule with the elements that break it: in the light page all that can be wrong, in the
// dark one what depends on colours. without is a selector of what is not looked at. The page must not move.
export async function flaws(page, { without } = {}) {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const light = await analyze(page, without);
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await analyze(page, without, { type: 'rule', values: ofColours });
  return [...light.map((flaw) => `light: ${flaw}`), ...dark.map((flaw) => `dark: ${flaw}`)];
}

// analyze asks for violations only and in one step, as a page without frames allows: carrying over and back what is
// right of thousands of elements takes several times as long as the rules do.
async function analyze(page, without, runOnly) {
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'], runOnly });
  if (without) axe.exclude(without);
  const { violations } = await axe.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`);
}
