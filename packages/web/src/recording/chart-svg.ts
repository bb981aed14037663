/**
 * Returns the chart of the page as an SVG of its own, with resolved colours, a title and a background.
 * @param title printed above the picture. @returns undefined while there is no chart.
 */
export function chartSvg(title: string): string | undefined {
  const chart = document.querySelector<SVGSVGElement>('.chart svg')
  if (!chart) return undefined
  const style = getComputedStyle(document.documentElement)
  const copy = chart.cloneNode(true) as SVGSVGElement // a clone has the type of its original
  const [width, height] = [chart.clientWidth, chart.clientHeight + TITLE_PX]
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  copy.setAttribute('viewBox', `0 ${-TITLE_PX} ${width} ${height}`)
  // Attributes instead of a style: the page's policy would strip a style from the copy.
  copy.setAttribute('font-size', '12')
  copy.setAttribute('font-family', 'system-ui, sans-serif')
  copy.prepend(make('rect', { y: -TITLE_PX, width, height, fill: 'var(--card)' }))
  const line = make('text', { x: 12, y: -8, fill: 'var(--foreground)' })
  line.textContent = title
  copy.append(line)
  return copy.outerHTML.replace(/var\((--[\w-]+)\)/g, (_, name: string) =>
    style.getPropertyValue(name).trim(),
  )
}

const TITLE_PX = 24

function make(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  return element
}
