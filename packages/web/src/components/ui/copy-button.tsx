import { useEffect, useState } from 'react'
import { Button } from '@/components/ui/button'
import { copyText } from '../../lib/copy-text.ts'
import { CopyByHand } from './copy-by-hand.tsx'

interface Props {
  readonly text: () => string
  readonly label: string
  readonly done: string
  /** The name of the copied text, for the accessible name of the button. */
  readonly of: string
}

/** Copies a text and shows `done` for two seconds, or the text itself when the browser does not let the page copy. */
export function CopyButton({ text, label, done, of }: Props) {
  const [copied, setCopied] = useState(false)
  const [byHand, setByHand] = useState<string>()
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2_000)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async () => {
    const now = text()
    const isCopied = await copyText(now)
    setCopied(isCopied)
    setByHand(isCopied ? undefined : now)
  }
  if (byHand !== undefined) return <CopyByHand text={byHand} />
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
