import { element } from './dom';

/** Tabs as WAI-ARIA has them: one is in the tab order, arrows go to the others, the address keeps which is open. */
export function startTabs(panels: Record<string, () => void>): void {
  const ids = Object.keys(panels);
  const tabs = ids.map((id) => element(`tab-${id}`, HTMLButtonElement));
  const opened = new Set<string>();
  const select = (id: string): void => {
    ids.forEach((each, i) => {
      tabs[i].setAttribute('aria-selected', String(each === id));
      tabs[i].tabIndex = each === id ? 0 : -1;
      element(each, HTMLElement).hidden = each !== id;
    });
    if (!opened.has(id)) panels[id]();
    opened.add(id);
  };
  const go = (i: number): void => {
    const at = (i + ids.length) % ids.length;
    history.replaceState(null, '', `#${ids[at]}`);
    select(ids[at]);
    tabs[at].focus();
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener('click', () => go(i));
    tab.addEventListener('keydown', ({ key }) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: -1 }[key];
      if (to !== undefined) go(to);
    });
  });
  const fromAddress = () => select(ids.find((id) => location.hash === `#${id}`) ?? ids[0]);
  window.addEventListener('hashchange', fromAddress);
  fromAddress();
}
