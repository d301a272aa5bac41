/** Counts the bytes that are in memory for each organisation. An organisation without any takes no memory. */
export class BytesInMemory {
  private readonly byOrganization = new Map<string, number>();
  private sum = 0;

  /** The bytes of all organisations together. */
  get all(): number {
    return this.sum;
  }

  of(organizationId: string): number {
    return this.byOrganization.get(organizationId) ?? 0;
  }

  /** Counts more bytes. @returns a function to call once, when they are no longer in memory. */
  add(organizationId: string, bytes: number): () => void {
    this.byOrganization.set(organizationId, this.of(organizationId) + bytes);
    this.sum += bytes;
    return () => {
      const left = this.of(organizationId) - bytes;
      if (left > 0) this.byOrganization.set(organizationId, left);
      else this.byOrganization.delete(organizationId);
      this.sum -= bytes;
    };
  }
}
