namespace Viddhana.Engine.Metrics;

/// <summary>Something that was said, and when: one object, so that no thread sees one without the other.</summary>
/// <param name="Text">A few words for the operator, without credentials.</param>
/// <param name="UtcMs">Unix milliseconds.</param>
public sealed record Note(string Text, long UtcMs);
