import { Component, type ReactNode, Suspense } from 'react'

interface Props {
  /** Shown while the children load, and from then on when they cannot be loaded. */
  readonly fallback: ReactNode
  readonly children: ReactNode
}

/** A place for lazy children that may fail to load: a deploy may have removed their chunk while the page was open. */
export class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    const { fallback, children } = this.props
    return this.state.failed ? fallback : <Suspense fallback={fallback}>{children}</Suspense>
  }
}
