using System.Diagnostics.CodeAnalysis;

namespace Viddhana.Backoffice.Shares;

/// <summary>Workers by the bytes of their names: a look-up makes no string. Miners choose names, so the hash is seeded.</summary>
internal sealed class NameTable
{
    private readonly Dictionary<byte[], WorkerEntry> _workers = new(Bytes.Comparer);
    private readonly Dictionary<byte[], WorkerEntry>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public NameTable() => _lookup = _workers.GetAlternateLookup<ReadOnlySpan<byte>>();

    public int Count => _workers.Count;

    public bool TryGet(ReadOnlySpan<byte> name, [MaybeNullWhen(false)] out WorkerEntry worker) => _lookup.TryGetValue(name, out worker);

    public void Set(byte[] name, WorkerEntry worker) => _workers[name] = worker;

    /// <summary>Equality of byte strings, also of those that lie inside of others.</summary>
    internal sealed class Bytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Bytes Comparer = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
