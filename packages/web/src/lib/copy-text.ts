/**
 * Copies a text. Returns false when the browser does not allow it: without permission, or without a clipboard, as on a page
 * that was opened over plain HTTP.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
