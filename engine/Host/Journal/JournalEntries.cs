using Viddhana.Contracts;
using Viddhana.Core;
using Viddhana.Core.Shares;

namespace Viddhana.Engine.Journal;

/// <summary>
/// The entries of one append, with running sequences. Begins a new entry where one is full. Not thread-safe; used again for every append,
/// so it allocates nothing once warm.
/// </summary>
internal sealed class JournalEntries(ushort engineId, ulong epoch)
{
    /// <summary>Over all journals of the process: a worker's scratch must not be taken for that of another's batch.</summary>
    private static ulong s_batches;

    private readonly EntryWriter _writer = new();
    private EntryHeader _header;
    private ulong _batch;
    private bool _isOpen;
    private byte[]? _lastName;
    private uint _lastIndex;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _writer.Written;

    /// <summary>Sequences taken.</summary>
    public uint Count { get; private set; }

    private ulong NextSequence => _header.FirstSequence + Count;

    /// <summary>Begins an append.</summary>
    public void Start(string pool, uint nbits, uint height, ulong firstSequence, long utcMs)
    {
        _writer.Clear();
        Count = 0;
        _isOpen = false;
        _header = new EntryHeader(EntryKind.Shares, pool, engineId, epoch, firstSequence, 0, utcMs, nbits, height);
    }

    /// <summary>Adds an accepted share; returns its sequence.</summary>
    /// <param name="worker">Whose it is.</param>
    /// <param name="work">What it is credited.</param>
    /// <param name="achieved">Expected hashes of its own hash.</param>
    /// <param name="solvesBlock">True if it solves a block.</param>
    public ulong AddShare(Worker worker, ulong work, double achieved, bool solvesBlock)
    {
        MakeRoom(worker.NameBytes.Length);
        if (worker.BatchNumber != _batch)
        {
            worker.BatchIndex = (int)_writer.AddName(worker.NameBytes);
            worker.BatchNumber = _batch;
        }

        _writer.AddShare(
            new ShareRecord(0, (uint)worker.BatchIndex, work, solvesBlock ? ShareRecord.SolvesBlock : (byte)0), achieved);
        return NextSequence + (uint)_writer.ShareCount - 1;
    }

    /// <summary>Adds a reject counter; those of one name come one after another.</summary>
    public void AddReject(byte[] name, RejectReason reason, uint count)
    {
        MakeRoom(name.Length);
        if (!ReferenceEquals(name, _lastName)) (_lastName, _lastIndex) = (name, _writer.AddName(name));
        _writer.AddReject(new RejectCount(_lastIndex, reason, count));
    }

    /// <summary>Adds a found block.</summary>
    public void AddFound(BlockFound found)
    {
        End();
        _writer.WriteFound(_header with { FirstSequence = NextSequence }, found);
        Count++;
    }

    /// <summary>Adds a verdict.</summary>
    public void AddVerdict(BlockVerdict verdict)
    {
        End();
        _writer.WriteVerdict(_header with { FirstSequence = NextSequence }, verdict);
        Count++;
    }

    /// <summary>Ends the entry that is open.</summary>
    public void End()
    {
        if (!_isOpen) return;
        Count += _writer.EndShares();
        _isOpen = false;
    }

    private void MakeRoom(int nameLength)
    {
        Check.That(nameLength <= Worker.NameMax);
        if (_isOpen && _writer.HasRoom(nameLength)) return;

        End();
        _writer.BeginShares(_header with { FirstSequence = NextSequence });
        _isOpen = true;
        _batch = Interlocked.Increment(ref s_batches);
        _lastName = null;
    }
}
