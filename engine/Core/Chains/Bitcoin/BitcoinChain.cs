using System.Buffers.Binary;
using Viddhana.Contracts;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Chains.Bitcoin;

/// <summary>Bitcoin and the coins that kept its block: 80-byte header, coinbase, segwit, and Litecoin's MWEB.</summary>
public sealed class BitcoinChain : IChain
{
    private const int HeaderSize = 80;
    private const int NbitsAt = 72;

    /// <inheritdoc/>
    public string Name => "bitcoin";

    /// <inheritdoc/>
    public IChainTemplate? ReadTemplate(ReadOnlyMemory<byte> json, CoinDefinition coin, out string error) =>
        TemplateReader.Read(json, coin, out error);

    /// <inheritdoc/>
    public Job MakeJob(IChainTemplate template, JobRequest request)
    {
        var from = (BlockTemplate)template;
        Check.That(request.Extranonce2Size is >= 4 and <= 8);
        Check.That(!request.Tag.AsSpan().ContainsAnyExceptInRange((byte)' ', (byte)'~'));

        var forms = Coinbase.Forms(from, request);
        var sizes = new int[forms.Length];
        for (var i = 0; i < forms.Length; i++) sizes[i] = forms[i].Size;
        return new Job
        {
            Serial = request.Serial,
            Tip = request.Tip,
            IsNewTip = request.IsNewTip,
            Height = from.Height,
            Version = from.Version,
            VersionMask = from.VersionMask,
            PrevHash = from.PrevHashBytes,
            Nbits = from.Nbits,
            BlockTarget = from.BlockTarget,
            NetworkWork = Targets.Work(from.BlockTarget),
            MinTime = from.MinTime,
            CurTime = from.CurTime,
            MerkleBranches = from.MerkleBranches,
            CoinbaseValue = from.CoinbaseValue,
            Extranonce2Size = request.Extranonce2Size,
            Template = from,
            CreatedMs = request.NowMs,
            Variants = new JobVariants(sizes, (job, form, variant) => MakeVariant(job, variant, request, forms[form])),
        };
    }

    /// <inheritdoc/>
    public byte[] MakeBlockHex(Job job, ReadOnlySpan<byte> header, ReadOnlySpan<byte> coinbase)
    {
        var block = Array.Empty<byte>();
        WriteBlockHex(job, header, coinbase, size => block = new byte[size]);
        return block;
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> MakeProposalHex(Job job, Func<int, byte[]> rent)
    {
        var variant = job.Variants.Get(job, 0);
        var extranonces = new byte[Coinbase.Extranonce1Size + job.Extranonce2Size];
        byte[] coinbase = [.. variant.Coinbase1, .. extranonces, .. variant.Coinbase2];

        Span<byte> root = stackalloc byte[Sha256d.HashSize];
        Span<byte> pair = stackalloc byte[2 * Sha256d.HashSize];
        Sha256d.Hash(coinbase, root);
        for (var step = 0; step < job.MerkleBranches.Length; step += Sha256d.HashSize)
        {
            root.CopyTo(pair);
            job.MerkleBranches.AsSpan(step, Sha256d.HashSize).CopyTo(pair[Sha256d.HashSize..]);
            Sha256d.Hash(pair, root);
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, job.Version);
        job.PrevHash.CopyTo(header[4..]);
        root.CopyTo(header[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[68..], job.CurTime);
        BinaryPrimitives.WriteUInt32LittleEndian(header[72..], job.Nbits);
        header[76..].Clear();
        return WriteBlockHex(job, header, coinbase, rent);
    }

    /// <inheritdoc/>
    public IRoundValidator NewValidator(IPowAlgorithm pow, DuplicateFilter seen) => new ShareProcessor(pow, seen);

    /// <inheritdoc/>
    public uint NbitsOf(ReadOnlySpan<byte> blockHex)
    {
        Span<byte> nbits = stackalloc byte[4];
        Check.That(Hex.TryReadBytes(blockHex.Slice(2 * NbitsAt, 8), nbits));
        return BinaryPrimitives.ReadUInt32LittleEndian(nbits);
    }

    /// <inheritdoc/>
    public string BlockId(ReadOnlySpan<byte> header) => IdText(header);

    /// <inheritdoc/>
    public string TransactionId(ReadOnlySpan<byte> transaction) => IdText(transaction);

    private static JobVariant MakeVariant(Job job, ushort variant, JobRequest request, CoinbaseForm form)
    {
        var wireId = WireJobId.Make(request.ProcessStart, request.Serial, variant);
        return JobVariant.Render(job, variant, wireId, form.Before(variant), form.After, request.Render);
    }

    private static ReadOnlyMemory<byte> WriteBlockHex(
        Job job, ReadOnlySpan<byte> header, ReadOnlySpan<byte> coinbase, Func<int, byte[]> rent)
    {
        Check.That(header.Length == HeaderSize);
        var template = (BlockTemplate)job.Template;
        byte[] start =
        [
            .. header,
            .. VarInt(template.TransactionCount + 1),
            .. template.WitnessCommitment is null ? coinbase : Coinbase.WithWitness(coinbase),
        ];

        var size = (2 * start.Length) + template.Transactions.HexLength + template.SuffixHex.Length;
        var block = rent(size).AsMemory(0, size);
        Hex.Write(start, block.Span);
        template.Transactions.WriteHex(block.Span[(2 * start.Length)..]);
        template.SuffixHex.CopyTo(block.Span[^template.SuffixHex.Length..]);
        return block;
    }

    private static string IdText(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[Sha256d.HashSize];
        Sha256d.Hash(bytes, hash);
        return Hex.ToReversedText(hash);
    }

    private static byte[] VarInt(int value) => value switch
    {
        < 0xfd => [(byte)value],
        <= ushort.MaxValue => [0xfd, (byte)value, (byte)(value >> 8)],
        _ => [0xfe, (byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)],
    };
}
