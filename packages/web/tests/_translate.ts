/**
 * Replaces each text of the page by a `<font>` element with other text, as Google Translate does: now, and with `goesOn`
 * after each change. Elements with `translate="no"` keep their text. Runs in the page, so it uses nothing of this file.
 */
export function translateTexts(goesOn: boolean): void {
  const replaceTexts = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const texts: Text[] = []
    for (let node = walker.nextNode(); node; node = walker.nextNode()) texts.push(node as Text)
    for (const text of texts) {
      if (text.parentElement?.closest('font, svg, script, style, [translate=no]')) continue
      const font = document.createElement('font')
      font.textContent = `${text.data}\u200b`
      text.replaceWith(font)
    }
  }
  replaceTexts()
  if (!goesOn) return
  const observer = new MutationObserver(() => {
    replaceTexts()
    observer.takeRecords()
  })
  observer.observe(document.body, { childList: true, subtree: true, characterData: true })
}
