/** Rows a minute for requests without a valid token, of one organization and of all that nobody knows. */
const MOST_OF_ORGANIZATION = 20;
const MOST_OF_UNKNOWN = 100;

/** Says how many rows of the log those may fill who have no token: others share a row. */
export class FloodLimit {
  private minute = 0;
  private ofUnknown = 0;
  private readonly ofOrganization = new Map<string, number>();

  /** Whether the request gets a row of its own. @param known whether there is such an organization */
  grants(organization: string | null, known: boolean, minute: number): boolean {
    if (minute > this.minute) {
      this.minute = minute;
      this.ofUnknown = 0;
      this.ofOrganization.clear();
    }
    const slug = organization ?? '';
    const rows = this.ofOrganization.get(slug) ?? 0;
    if (rows >= MOST_OF_ORGANIZATION) return false;
    if (!known) {
      if (this.ofUnknown >= MOST_OF_UNKNOWN) return false;
      this.ofUnknown += 1;
    }
    this.ofOrganization.set(slug, rows + 1);
    return true;
  }
}
