/** For comparing what people type: no case, no accents. The server's search does more (ł, ø, ß, phones); this is for short lists here. */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
