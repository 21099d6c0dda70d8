import { Report } from '../../src/report/index.js';
import { InputError } from '../../src/index.js';

const words = { title: 'A picture', text: 'What to see.' };
const axes = { x: 'width (cm)', y: 'height (cm)' };
const HOSTILE = `</script><script>alert(1)</script><!-- "quoted" 'single' & <b>`;

const dataIn = (page: string) =>
  JSON.parse(/<script type="application\/json" id="report">(.*?)<\/script>/s.exec(page)![1]);

describe('Report', () => {
  it('keeps what it was given, whatever stands in it', () => {
    const report = new Report(HOSTILE, HOSTILE);
    report.section(HOSTILE, HOSTILE).table({ ...words, headers: [HOSTILE], rows: [[HOSTILE]] });
    const page = report.toHtml();
    const data = dataIn(page);
    expect(data.title).toBe(HOSTILE);
    expect(data.sections[0].cards[0].picture).toMatchObject({ headers: [HOSTILE], rows: [[HOSTILE]] });
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('<b>');
  });

  it('takes rows as arrays, or as a typed array with its shape', () => {
    const section = new Report('r').section('s');
    const points = { values: Float32Array.of(1, 2, 3, 4), shape: [2, 2] as const };
    section.scatter({ ...words, ...axes, points }).scatter({
      ...words,
      ...axes,
      points: [Int32Array.of(1, 2), [3, 4]],
    });
    for (const { picture } of section.cards) {
      expect(picture).toMatchObject({
        points: [
          [1, 2],
          [3, 4],
        ],
      });
    }
  });

  it('draws 5,000 of 60,000 points and says so; stars are drawn all', () => {
    const section = new Report('r').section('s');
    const values = Float64Array.from({ length: 120_000 }, (_, i) => i);
    const starred = Array.from({ length: 6000 }, (_, i) => [i, i]);
    section.scatter({
      ...words,
      ...axes,
      points: { values, shape: [60_000, 2] },
      stars: { name: 'odd', points: starred },
    });
    const [{ note, picture }] = section.cards;
    expect(note).toBe('5,000 of 60,000 points are drawn, taken evenly.');
    const { points, stars } = picture as { points: number[][]; stars: { points: number[][] } };
    expect(points.map(([x]) => x)).toEqual(Array.from({ length: 5000 }, (_, i) => 24 * i));
    expect(stars.points).toHaveLength(6000);
  });

  it('warns of a page of ten million characters, with its size', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      new Report('small').toHtml();
      expect(warn).not.toHaveBeenCalled();
      const report = new Report('large');
      report.section('s').table({ ...words, headers: ['cell'], rows: [['x'.repeat(10_000_000)]] });
      expect(report.toHtml().length).toBeGreaterThan(10_000_000);
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/"large".* 11\.\d MB/)]]);
    } finally {
      warn.mockRestore();
    }
  });

  it.each<[string, (report: Report) => unknown]>([
    ['title must be text; got 3', () => new Report(3 as never)],
    ['title is empty', (r) => r.section('s').table({ ...words, title: ' ', headers: [], rows: [] })],
    [
      'text must be text; got undefined',
      (r) => r.section('s').table({ title: 't', headers: [], rows: [] } as never),
    ],
    [
      'rows[0] has 2 cells; there are 1',
      (r) => r.section('s').table({ ...words, headers: ['a'], rows: [[1, 2]] }),
    ],
    [
      'points[1][0] is NaN',
      (r) =>
        r.section('s').scatter({
          ...words,
          ...axes,
          points: [
            [1, 2],
            [NaN, 1],
          ],
        }),
    ],
    [
      'points[0] must have 2 numbers; it has 3',
      (r) => r.section('s').scatter({ ...words, ...axes, points: [[1, 2, 3]] }),
    ],
    [
      'labels must have 1 labels; it has 2',
      (r) => r.section('s').scatter({ ...words, ...axes, points: [[1, 2]], labels: [0, 1] }),
    ],
    ['one is 0.5', (r) => r.section('s').scatter({ ...words, ...axes, points: [[1, 2]], labels: [0.5] })],
    ['x must be text', (r) => r.section('s').scatter({ ...words, y: 'y', points: [[1, 2]] } as never)],
    [
      'series[0] has 2 numbers in x and 1',
      (r) => r.section('s').lines({ ...words, ...axes, series: [{ name: 'a', x: [1, 2], y: [1] }] }),
    ],
    [
      '2 rows; there are 1 names',
      (r) => r.section('s').confusion({ ...words, names: ['a'], values: [[1], [2]] }),
    ],
    [
      '0 covariances for 1 means',
      (r) =>
        r
          .section('s')
          .ellipses({ ...words, ...axes, points: [], labels: [], means: [[0, 0]], covariances: [] }),
    ],
  ])('%s', (message, make) => {
    expect(() => make(new Report('r'))).toThrow(InputError);
    expect(() => make(new Report('r'))).toThrow(message);
  });
});
