import { type ReactNode, useEffect, useId, useRef } from 'react'
import { Icon } from '@/components/ui/icon'

interface Props {
  readonly title: string
  readonly description: string
  readonly close: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/**
 * A drawer at the right edge, with the whole width on a phone. It is open as long as it is mounted. It is the browser's
 * modal dialog, which keeps the focus inside, closes on Escape and gives the focus back. Radix' dialog locks scrolling
 * with a style element, which this page's policy (style-src 'self') refuses.
 */
export function Sheet({ title, description, close, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const element = dialog.current
    if (element && !element.open) element.showModal()
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the key; a click on the dialog itself is a click on its backdrop
    <dialog
      ref={dialog}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-lead`}
      onClose={onClose}
      onClick={({ target }) => target === dialog.current && dialog.current?.close()}
      className="m-0 ml-auto h-dvh max-h-none w-full max-w-2xl border-l border-rule bg-background text-foreground outline-none backdrop:bg-black/50"
    >
      <div className="flex h-full flex-col">
        <div className="flex items-center justify-between border-b border-rule px-4 sm:px-6">
          <h2 id={`${id}-title`} className="text-lg font-semibold tracking-tight">
            {title}
          </h2>
          <button
            type="button"
            aria-label={close}
            onClick={() => dialog.current?.close()}
            className="-mr-2 inline-flex size-11 items-center justify-center hover:bg-muted"
          >
            <Icon name="close" className="size-5" />
          </button>
        </div>
        <div className="flex-1 overflow-y-auto overscroll-contain px-4 pt-4 pb-10 sm:px-6">
          <p id={`${id}-lead`} className="text-sm text-muted-foreground">
            {description}
          </p>
          {children}
        </div>
      </div>
    </dialog>
  )
}
