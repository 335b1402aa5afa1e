import assert from 'node:assert/strict';
import { test } from 'node:test';
import { htmlToText } from './to-text.ts';
import { withoutHidden } from './without-hidden.ts';

const text = (html: string) => htmlToText(html, 'https://site.test/docs/').text;

test('a page becomes Markdown: headings, lists, tables, code and links with whole addresses', () => {
  const page = htmlToText(
    `<!doctype html><html><head><title>The &amp; title</title><meta property="article:published_time" content="2026-05-04">
     <style>p{color:red}</style><script>alert("<p>no</p>")</script></head><body><h1>One</h1><p>Two <b>three</b>
     <a href="../api?x=1&amp;y=2">four</a>.<p>Five<ul><li>six<li>seven</ul><pre><code>a  b
  c</code></pre><table><tr><td>1<td>2<tr><td>3</table><code>x()</code> &copy; &#x2014; &unknown;</body>`,
    'https://site.test/docs/',
  );
  assert.equal(page.title, 'The & title');
  assert.equal(page.publishedAt, '2026-05-04');
  assert.equal(
    page.text,
    '# One\n\nTwo three [four](https://site.test/api?x=1&y=2).\n\nFive\n\n- six\n- seven\n\n```\na  b\n  c\n```\n\n| 1 | 2\n| 3\n\n`x()` © — &unknown;',
  );
});

const hidden: [name: string, html: string][] = [
  ['a comment', '<!-- no -->'],
  ['a comment that never ends', 'yes<!-- no'],
  ['hidden', '<div hidden>no</div>'],
  ['aria-hidden', '<span aria-hidden="TRUE">no</span>'],
  ['display:none', '<p style="display : none">no</p>'],
  ['display:none with a comment in it', '<p style="display/**/:none!important">no</p>'],
  ['visibility', '<p style="color:red;visibility:hidden">no</p>'],
  ['opacity', '<p style="opacity:0.0">no</p>'],
  ['a tiny font', '<p style="font-size:1px">no</p>'],
  ['no font', '<p style="font-size:0">no</p>'],
  ['a place outside', '<p style="position:absolute;left:-9999px">no</p>'],
  ['an indent', '<p style="text-indent:-9999px">no</p>'],
  ['a clip', '<p style="clip:rect(0,0,0,0)">no</p>'],
  ['transparent', '<p style="color:transparent">no</p>'],
  ['the colour of the ground', '<p style="color:#123456;background:#123456">no</p>'],
  ['white', '<p style="color:#fff">no</p>'],
  ['no height', '<div style="height:0;overflow:hidden">no</div>'],
  ['a class for screen readers', '<span class="a sr-only">no</span>'],
  ['within something hidden', '<div hidden><p>no<div>no</div></div>'],
  ['script', '<script>no</script>'],
  ['script that never ends', 'yes<script>no'],
  ['noscript', '<noscript>no</noscript>'],
  ['template', '<template><p>no</p></template>'],
  ['svg', '<svg><text>no</text></svg>'],
  ['iframe', '<iframe srcdoc="no">no</iframe>'],
  ['textarea', '<textarea>no</textarea>'],
  ['an option', '<select><option>no</select>'],
  ['an input', '<input type="hidden" value="no">'],
  ['the text beside a picture', '<img alt="no" title="no" src="https://evil.test/?no">'],
  ['an attribute', '<p title="no" data-x="no">yes</p>'],
  ['a tag in quotes', '<p title="</p><b>no</b>">yes</p>'],
  ['a link to a script', '<a href="javascript:no()">yes</a>'],
  ['a link with a password', '<a href="https://no:no@evil.test">yes</a>'],
  ['a tag that never ends', 'yes<p title="no'],
  ['a doctype', '<!DOCTYPE no>'],
  ['an instruction', '<?no no?>'],
];
for (const [name, html] of hidden)
  test(`${name} is not text of the page`, () => {
    const shown = text(`<p>before</p>${html}`);
    assert.doesNotMatch(shown, /\bno\b/);
    assert.match(shown, /before/);
  });

test('what is shown on some screens, and what stands after hidden things, stays', () => {
  assert.equal(text('<div class="hidden md:block">yes</div>'), 'yes');
  assert.equal(text('<p hidden>no<p>yes'), 'yes');
  assert.equal(text('<ul><li hidden>no<li>yes</ul>'), '- yes');
  assert.equal(text('<div style="opacity:0.9;height:10px">yes</div>'), 'yes');
  assert.equal(text('a < b && c > d'), 'a < b && c > d');
});

test('Markdown loses hidden elements, but not code that shows them, nor text after one that never ends', () => {
  assert.equal(withoutHidden('a <span style="display:none">no <span>no</span></span> b'), 'a  b');
  assert.equal(
    withoutHidden('Use `<div hidden>no</div>` so.\n```html\n<p hidden>x</p>\n```\n'),
    'Use `<div hidden>no</div>` so.\n```html\n<p hidden>x</p>\n```\n',
  );
  assert.equal(
    withoutHidden('Write <div hidden> and close it: </p> rest'),
    'Write <div hidden> and close it: </p> rest',
  );
});

test('a hostile document of a megabyte is read to its end: what grows with the square of it would take hours', () => {
  const hostile = [
    '<',
    '<a "',
    '<!--',
    '</',
    '<p style="',
    '<div>',
    '&',
    '<a href=x>',
    '<script>',
    '<title>',
    "<x a='",
  ];
  for (const piece of hostile) {
    const document = piece.repeat(Math.ceil(1_000_000 / piece.length));
    assert.doesNotThrow(() => htmlToText(document, 'https://site.test/'));
    assert.equal(typeof withoutHidden(`</${document}`), 'string');
  }
});
