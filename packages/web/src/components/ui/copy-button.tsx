import { useEffect, useState } from 'react'
import { Button } from '@/components/ui/button'

interface Props {
  readonly text: () => string
  readonly label: string
  readonly done: string
  /** The name of the copied text, for the accessible name of the button. */
  readonly of: string
}

/** Copies a text and shows `done` for two seconds. */
export function CopyButton({ text, label, done, of }: Props) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2_000)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = () =>
    navigator.clipboard.writeText(text()).then(
      () => setCopied(true),
      () => {},
    )
  return (
    <Button
      variant="quiet"
      size="small"
      aria-label={`${copied ? done : label}: ${of}`}
      onClick={() => void copy()}
    >
      {copied ? done : label}
    </Button>
  )
}
