import { Component, type ReactNode, Suspense } from 'react'
import { FAILED_PART } from '../copy/first-paint.ts'

interface Props {
  /** Shown while the children load. */
  readonly fallback?: ReactNode
  readonly children: ReactNode
}

/** Browser translation and extensions change the DOM, which fails one drawing. Drawing anew from scratch repairs that. */
const TRIES = 3

/**
 * A place for children that may fail: a deploy removed their chunk while the page was open, or a drawing threw. It
 * draws them anew up to {@link TRIES} times, then shows a sentence and a button in their place.
 */
export class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false }
  private failures = 0

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override componentDidCatch(): void {
    if (++this.failures < TRIES) this.setState({ failed: false })
  }

  override render(): ReactNode {
    const { fallback, children } = this.props
    return this.state.failed ? <FailedPart /> : <Suspense fallback={fallback}>{children}</Suspense>
  }
}

/** A sentence about a part that failed, and a button that reloads the page. */
export function FailedPart({ what = FAILED_PART.what }: { what?: string }) {
  return (
    <span role="alert" className="text-sm text-muted-foreground">
      <span>{`${what} `}</span>
      <button type="button" className="link" onClick={() => location.reload()}>
        {FAILED_PART.reload}
      </button>
    </span>
  )
}
