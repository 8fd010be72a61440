/** What WhatsApp offers first; the API takes any other. */
export const FIRST_REACTIONS = ["👍", "❤️", "😂", "😮", "😢", "🙏"] as const;
