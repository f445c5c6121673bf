namespace Viddhana.Core.Shares;

/// <summary>A named rig: what a share is credited to. Interned per pool, so that two sessions with the same name share one.</summary>
/// <param name="name">The full name as it travels to the backoffice: <c>account</c> or <c>account.worker</c>, ASCII, at most 191 bytes.</param>
public sealed class Worker(string name)
{
    /// <summary>Longest name in bytes.</summary>
    public const int NameMax = 191;

    /// <summary>Full name, <c>account.worker</c> or <c>account</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The name as UTF-8, as it is written to the journal.</summary>
    public byte[] NameBytes { get; } = System.Text.Encoding.UTF8.GetBytes(name);

    /// <summary>Scratch for the journal writer: index in the name table of the batch being written (valid only under its lock).</summary>
    public int BatchIndex { get; set; }

    /// <summary>Scratch for the journal writer: number of the batch that <see cref="BatchIndex"/> belongs to.</summary>
    public ulong BatchNumber { get; set; }
}
