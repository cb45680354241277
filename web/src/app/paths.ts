/** Every address of the app. The location is in each, so that a link shows the same to whoever opens it. */
export const paths = {
  desk: (slug: string) => `/at/${slug}/desk`,
  members: (slug: string) => `/at/${slug}/members`,
  member: (slug: string, id: number) => `/at/${slug}/members/${id}`,
};
