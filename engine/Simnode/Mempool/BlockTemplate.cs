using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Mempool;

/// <summary>A block to be mined: everything that <c>getblocktemplate</c> answers, rendered once but for the time.</summary>
public sealed class BlockTemplate
{
    private readonly byte[] _beforeTime;
    private readonly byte[] _afterTime;

    private BlockTemplate(BlockNode previous, IReadOnlyList<MempoolEntry> entries, long updates, byte[] beforeTime, byte[] afterTime)
    {
        Previous = previous;
        Entries = entries;
        Updates = updates;
        _beforeTime = beforeTime;
        _afterTime = afterTime;
    }

    /// <summary>The block it lies on.</summary>
    public BlockNode Previous { get; }

    /// <summary>Transactions after the coinbase.</summary>
    public IReadOnlyList<MempoolEntry> Entries { get; }

    /// <summary>State of the mempool it was made from; part of the longpoll id.</summary>
    public long Updates { get; }

    /// <summary>JSON objects of transactions, separated by commas: the part of a template that is worth keeping.</summary>
    public static byte[] RenderTransactions(IEnumerable<MempoolEntry> entries, IReadOnlyDictionary<Hash256, int> positions)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 20);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartArray();
        foreach (var entry in entries) RenderTransaction(json, entry, positions);
        json.WriteEndArray();
        json.Flush();
        return buffer.WrittenSpan[1..^1].ToArray();
    }

    /// <summary>Makes a template.</summary>
    /// <param name="renderedTransactions">What <see cref="RenderTransactions"/> gave for <paramref name="entries"/>, in pieces.</param>
    public static BlockTemplate Make(
        ChainRules rules, BlockNode previous, IReadOnlyList<MempoolEntry> entries, IEnumerable<byte[]> renderedTransactions, long updates)
    {
        var height = previous.Height + 1;
        var value = rules.Subsidy(height) + entries.Sum(entry => entry.Fee);
        var commitment = BlockChecks.CommitmentOver(entries.Select(entry => entry.Transaction.Wtxid));
        CompactTarget.TryTarget(rules.Bits, out var target);

        var head = new ArrayBufferWriter<byte>(1 << 20);
        Text(
            head,
            $"{{\"capabilities\":[\"proposal\"],\"version\":{rules.Version},\"rules\":[\"csv\",\"!segwit\",\"taproot\"],");
        Text(head, "\"vbavailable\":{},\"vbrequired\":0,");
        Text(head, $"\"previousblockhash\":\"{previous.Hash}\",\"transactions\":[");
        var first = true;
        foreach (var piece in renderedTransactions.Where(piece => piece.Length > 0))
        {
            if (!first) Text(head, ",");
            head.Write(piece);
            first = false;
        }

        Text(
            head,
            $"],\"coinbaseaux\":{{}},\"coinbasevalue\":{value},\"longpollid\":\"{previous.Hash}{updates}\",\"target\":\"{target}\",");
        Text(head, $"\"mintime\":{previous.MedianTimePast + 1},\"mutable\":[\"time\",\"transactions\",\"prevblock\"],");
        Text(head, "\"noncerange\":\"00000000ffffffff\",");
        Text(head, "\"sigoplimit\":80000,\"sizelimit\":4000000,\"weightlimit\":4000000,\"curtime\":");
        var script = HexText.Of(Script.Commitment(commitment));
        var tail = $",\"bits\":\"{rules.Bits:x8}\",\"height\":{height},\"default_witness_commitment\":\"{script}\"}}";
        return new BlockTemplate(previous, entries, updates, head.WrittenSpan.ToArray(), Encoding.ASCII.GetBytes(tail));
    }

    /// <summary>Writes the answer of <c>getblocktemplate</c> as of <paramref name="unixTime"/>.</summary>
    public void WriteTo(Utf8JsonWriter json, long unixTime)
    {
        var time = Encoding.ASCII.GetBytes(TimeAt(unixTime).ToString(CultureInfo.InvariantCulture));
        json.WriteRawValue((byte[])[.. _beforeTime, .. time, .. _afterTime], skipInputValidation: true);
    }

    /// <summary>A block time that the rules allow: now, but later than the median of the past.</summary>
    public uint TimeAt(long unixTime) => (uint)Math.Max(unixTime, Previous.MedianTimePast + 1);

    private static void RenderTransaction(Utf8JsonWriter json, MempoolEntry entry, IReadOnlyDictionary<Hash256, int> positions)
    {
        var transaction = entry.Transaction;
        json.WriteStartObject();
        json.WriteString("data", HexText.Of(transaction.Raw));
        json.WriteString("txid", transaction.Txid.ToString());
        json.WriteString("hash", transaction.Wtxid.ToString());
        json.WriteStartArray("depends");
        foreach (var position in transaction.Inputs.Select(input => positions.GetValueOrDefault(input.Prevout.Txid)).Distinct())
        {
            if (position > 0) json.WriteNumberValue(position);
        }

        json.WriteEndArray();
        json.WriteNumber("fee", entry.Fee);
        json.WriteNumber("sigops", entry.SigopsCost);
        json.WriteNumber("weight", transaction.Weight);
        json.WriteEndObject();
    }

    private static void Text(ArrayBufferWriter<byte> target, string text) => target.Write(Encoding.ASCII.GetBytes(text));
}
