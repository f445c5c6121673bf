using System.Text;

namespace Viddhana.Core.Shares;

/// <summary>A named rig: what a share is credited to. Each session that authorises the name has its own.</summary>
/// <param name="name">The full name as it travels to the backoffice: <c>account</c> or <c>account.worker</c>, at most 191 bytes.</param>
public sealed class Worker(byte[] name)
{
    /// <summary>Longest name in bytes.</summary>
    public const int NameMax = 191;

    /// <summary>Full name as UTF-8, as it is written to the journal.</summary>
    public byte[] NameBytes { get; } = name;

    /// <summary>Full name as text, for logs and candidates; not for the share path.</summary>
    public string Name => Encoding.UTF8.GetString(NameBytes);

    /// <summary>Scratch for the journal writer: index in the name table of the batch being written (valid only under its lock).</summary>
    public int BatchIndex { get; set; }

    /// <summary>Scratch for the journal writer: number of the batch that <see cref="BatchIndex"/> belongs to.</summary>
    public ulong BatchNumber { get; set; }
}
