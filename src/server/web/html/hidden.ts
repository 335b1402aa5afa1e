/** Elements whose content is not text of the page. */
const withoutText = new Set([
  ...[
    'script',
    'style',
    'noscript',
    'template',
    'iframe',
    'object',
    'embed',
    'svg',
    'math',
    'canvas',
    'audio',
  ],
  ...['video', 'select', 'datalist', 'textarea', 'dialog', 'noembed', 'noframes', 'applet', 'map'],
]);

const hidingStyles = [
  /(?:^|;)\s*display\s*:\s*none/,
  /(?:^|;)\s*visibility\s*:\s*(?:hidden|collapse)/,
  /(?:^|;)\s*content-visibility\s*:\s*hidden/,
  /(?:^|;)\s*opacity\s*:\s*0*(?:\.0+)?%?\s*(?:;|!|$)/,
  /(?:^|;)\s*font-size\s*:\s*[01]?(?:\.\d+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)/,
  /(?:^|;)\s*(?:max-)?(?:width|height)\s*:\s*[01]?(?:px|em|rem|%)?\s*(?:;|!|$)/,
  /(?:^|;)\s*(?:text-indent|left|right|top|bottom|margin-left|margin-top)\s*:\s*-\d{3,}/,
  /(?:^|;)\s*(?:color|-webkit-text-fill-color)\s*:\s*(?:transparent|rgba\([^)]*,\s*0?(?:\.0+)?\s*\))/,
  /(?:^|;)\s*clip(?:-path)?\s*:\s*(?:rect\(\s*[01]|inset\(\s*(?:50|100)%)/,
  /(?:^|;)\s*transform\s*:\s*(?:scale\(\s*0|translate[xy]?\(\s*-\d{4,})/,
];

/** Names under which style sheets hide what only screen readers are meant to say, or nobody. */
const hidingClasses =
  /(?:^|\s)(?:sr-only|visually-hidden|visuallyhidden|screen-reader-text|hidden|d-none|invisible)(?:\s|$)/;
/** Hidden on some screens only. */
const responsiveClasses = /(?:^|\s)(?:(?:sm|md|lg|xl|2xl):|d-(?:sm|md|lg|xl|xxl)-)/;

const light = /^(?:#f{3}(?:f{3})?|white|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))$/;

/**
 * Whether a person who looks at the page does not see an element. What style sheets hide by other names is not found:
 * that a text is visible is no reason to trust it.
 */
export function isHidden(name: string, attributes: ReadonlyMap<string, string>): boolean {
  if (withoutText.has(name)) return true;
  if (attributes.has('hidden') || attributes.get('aria-hidden')?.trim().toLowerCase() === 'true') return true;
  const classes = (attributes.get('class') ?? '').slice(0, 2_000).toLowerCase();
  if (hidingClasses.test(classes) && !responsiveClasses.test(classes)) return true;
  const style = (attributes.get('style') ?? '')
    .slice(0, 2_000)
    .toLowerCase()
    .replace(/\/\*.*?\*\//g, '');
  return style !== '' && (hidingStyles.some((pattern) => pattern.test(style)) || isWhiteOnWhite(style));
}

function isWhiteOnWhite(style: string): boolean {
  const valueOf = (property: string) =>
    new RegExp(`(?:^|;)\\s*${property}\\s*:\\s*([^;!]+)`).exec(style)?.[1]?.trim() ?? '';
  const background = valueOf('background(?:-color)?');
  const color = valueOf('color');
  return (
    color !== '' &&
    (color === background || (light.test(color) && (background === '' || light.test(background))))
  );
}
