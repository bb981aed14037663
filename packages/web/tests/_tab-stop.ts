/** Returns the focused element and every reason why a visitor cannot see it. Runs in the page. */
export function stopInSight(): { what: string; hidden: string[] } {
  const element = document.activeElement
  if (!element || element === document.body) return { what: 'the page', hidden: [] }
  const { outlineStyle, outlineWidth } = getComputedStyle(element)
  const box = element.getBoundingClientRect()
  const middle = document.elementFromPoint(
    Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1),
    Math.min(Math.max(box.y + box.height / 2, 0), innerHeight - 1),
  )
  const hidden = [
    ...(outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 2 ? ['no outline of 2 px'] : []),
    ...(box.bottom <= 0 || box.top >= innerHeight ? ['outside the window'] : []),
    ...(middle && (element.contains(middle) || middle.contains(element))
      ? []
      : [`under ${middle?.className}`]),
  ]
  return { what: `${element.tagName} "${element.textContent.slice(0, 40)}"`, hidden }
}
