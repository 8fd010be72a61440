// The link of an invitation: its secret stands behind #, which browsers send to no server.

export const linkOf = (secret: string): string => `${location.origin}/join#${secret}`;

/** The secret in the address of this page. */
export const secretHere = (): string => location.hash.slice(1);
