using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Viddhana.Contracts;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Core.Chains;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>What the blobs of the test chain look like.</summary>
internal enum BlobForm
{
    /// <summary>76 bytes with the nonce at 39, as Monero's hashing blob.</summary>
    CryptoNote,

    /// <summary>Header hash and nonce, the connection's number in the header.</summary>
    Ethash,

    /// <summary>The same with one header for everybody, as a node that makes headers itself would give it.</summary>
    SharedEthash,
}

/// <summary>
/// A chain family without Bitcoin's header, as docs/adding.md tells to write one: a node's template becomes jobs, a solved blob a block.
/// </summary>
internal sealed class TestBlobChain(BlobForm form) : IChain
{
    public string Name => "test-blobs";

    public IChainTemplate? ReadTemplate(ReadOnlyMemory<byte> json, CoinDefinition coin, out string error)
    {
        error = "";
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new Template(
            root.GetProperty("height").GetInt32(),
            root.GetProperty("prev_hash").GetString()!,
            root.GetProperty("seed_hash").GetString()!,
            root.GetProperty("target").GetString()!);
    }

    public Job MakeJob(IChainTemplate template, JobRequest request)
    {
        var from = (Template)template;
        var target = UInt256.FromBigEndian(Convert.FromHexString(from.Target));
        return new Job
        {
            Serial = request.Serial,
            Tip = request.Tip,
            IsNewTip = request.IsNewTip,
            Height = from.Height,
            Version = 0,
            VersionMask = 0,
            PrevHash = Convert.FromHexString(from.PrevHash).Reverse().ToArray(),
            Nbits = 0x1f123456,
            BlockTarget = target,
            NetworkWork = Targets.Work(target),
            MinTime = 0,
            CurTime = from.CurTime,
            MerkleBranches = [],
            CoinbaseValue = 600_000,
            Extranonce2Size = 0,
            Template = from,
            CreatedMs = request.NowMs,
            Variants = new JobVariants((job, number) => MakeVariant(job, number, from, request)),
        };
    }

    public byte[] MakeBlockHex(Job job, ReadOnlySpan<byte> header, ReadOnlySpan<byte> coinbase) =>
        Encoding.ASCII.GetBytes(Hex.ToText(header) + Hex.ToText(coinbase));

    public ReadOnlyMemory<byte> MakeProposalHex(Job job, Func<int, byte[]> rent) => ReadOnlyMemory<byte>.Empty;

    public IRoundValidator NewValidator(IPowAlgorithm pow, DuplicateFilter seen) => new BlobProcessor(pow, seen);

    public uint NbitsOf(ReadOnlySpan<byte> blockHex) => 0x1f123456;

    public string BlockId(ReadOnlySpan<byte> header) => Hash(header);

    public string TransactionId(ReadOnlySpan<byte> transaction) => Hash(transaction);

    public static string TemplateJson(int tip, string target) => $$"""
        {"height":{{3_000_000 + tip}},"prev_hash":"{{Hash(BitConverter.GetBytes(tip))}}",
        "seed_hash":"{{Hash("epoch"u8)}}","target":"{{target}}"}
        """;

    private static string Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[32];
        Sha256d.Hash(bytes, hash);
        return Hex.ToText(hash);
    }

    // All that makes this work another than that of every other job, variant, process start and engine.
    private JobVariant MakeVariant(Job job, ushort number, Template from, JobRequest request)
    {
        var coinbase = new byte[32 + 14 + sizeof(uint)];
        Convert.FromHexString(from.PrevHash).CopyTo(coinbase, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(coinbase.AsSpan(32), request.ProcessStart);
        BinaryPrimitives.WriteInt32LittleEndian(coinbase.AsSpan(34), request.InstanceId);
        BinaryPrimitives.WriteUInt32LittleEndian(coinbase.AsSpan(38), request.Serial);
        BinaryPrimitives.WriteUInt32LittleEndian(coinbase.AsSpan(42), number);
        var isEth = form != BlobForm.CryptoNote;
        var work = new Work(coinbase)
        {
            SeedHash = Convert.FromHexString(from.SeedHash),
            Size = isEth ? 40 : 76,
            NonceOffset = isEth ? 32 : 39,
            NonceSize = isEth ? 8 : 4,
            HasOwnBlobs = form != BlobForm.SharedEthash,
        };
        return JobVariant.Render(job, number, WireJobId.Make(request.ProcessStart, request.Serial, number), work, request.Render);
    }

    private sealed record Template(int Height, string PrevHash, string SeedHash, string Target) : IChainTemplate
    {
        public string? LongPollId => null;

        public uint CurTime => 1_700_000_000;

        public int TransactionCount => 0;

        public void Settle(IChainTemplate? previous)
        {
            // Nothing of it lies in the bytes it was read from.
        }
    }

    private sealed class Work(byte[] coinbase) : BlobWork
    {
        private const int RootAt = 43;

        public override void Write(uint extranonce1, Span<byte> blob)
        {
            Span<byte> transaction = stackalloc byte[coinbase.Length];
            Coinbase(extranonce1, transaction);
            blob.Clear();
            if (NonceSize == 8)
            {
                Sha256d.Hash(transaction, blob[..32]);
                return;
            }

            blob[0] = blob[1] = 16;
            coinbase.AsSpan(0, 32).CopyTo(blob[7..]);
            Sha256d.Hash(transaction, blob.Slice(RootAt, 32));
            blob[75] = 1;
        }

        public override (byte[] Header, byte[] Coinbase) Build(uint extranonce1, ReadOnlySpan<byte> blob, ReadOnlySpan<byte> digest)
        {
            var transaction = new byte[coinbase.Length];
            Coinbase(extranonce1, transaction);
            return ([.. blob, .. digest], transaction);
        }

        private void Coinbase(uint extranonce1, Span<byte> transaction)
        {
            coinbase.CopyTo(transaction);
            if (HasOwnBlobs) BinaryPrimitives.WriteUInt32LittleEndian(transaction[^4..], extranonce1);
        }
    }
}
