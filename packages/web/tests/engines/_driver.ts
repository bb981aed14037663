/**
 * One interface for two protocols: WebDriver BiDi (https://w3c.github.io/webdriver-bidi) drives Firefox, WebDriver
 * (https://w3c.github.io/webdriver) drives WebKit. Playwright and Puppeteer drive only patched or downloaded builds of these.
 */
export interface Driver extends AsyncDisposable {
  /** Opens a URL and resolves when the document has loaded. */
  open(url: string): Promise<void>
  /** Reloads the page and resolves when the document has loaded. */
  reload(): Promise<void>
  /** Returns the value of an expression in the page, as JSON. A promise is awaited. @throws Error if it throws or rejects. */
  evaluate(expression: string): Promise<unknown>
  /** Performs inputs as a person would, with trusted events. */
  perform(sources: readonly InputSource[]): Promise<void>
  /** Returns a picture of the viewport, a PNG in base64. */
  screenshot(): Promise<string>
}

/** Input sources have the same form in both protocols: https://w3c.github.io/webdriver/#actions. */
type InputSource =
  | { readonly type: 'key'; readonly id: string; readonly actions: readonly KeyAction[] }
  | {
      readonly type: 'pointer'
      readonly id: string
      readonly parameters: { readonly pointerType: 'mouse' }
      readonly actions: readonly PointerAction[]
    }
interface KeyAction {
  readonly type: 'keyDown' | 'keyUp'
  readonly value: string
}
type PointerAction =
  | { readonly type: 'pointerMove'; readonly x: number; readonly y: number; readonly origin: 'viewport' }
  | { readonly type: 'pointerDown' | 'pointerUp'; readonly button: 0 }

/** A browser that these tests drive. */
export interface Engine {
  readonly name: 'Firefox' | 'WebKit'
  /** What to install where the engine is missing. */
  readonly install: string
  /** Returns whether all programs of the engine are installed. */
  isInstalled(): boolean
  /** Starts the browser with a new, empty profile. @throws Error with the browser's output if it does not start. */
  start(): Promise<Driver>
}

/** The longest wait for a browser to start, ms. */
export const START_MS = 60_000
