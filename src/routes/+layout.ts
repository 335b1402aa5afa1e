/** The page is one shell that is the same for everyone; all that is shown comes from `/api` with the person's session. */
export const ssr = false;
