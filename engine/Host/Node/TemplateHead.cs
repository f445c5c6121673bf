using Viddhana.Core.Chains;

namespace Viddhana.Engine.Node;

/// <summary>What the watcher needs of a template before anyone parses it: which tip it builds on, and how to wait for the next.</summary>
/// <param name="PrevHash">Block id it builds on, as nodes print it.</param>
/// <param name="Height">Height of the block to be made.</param>
/// <param name="LongPollId">For the next long poll; null where the node has none.</param>
internal readonly record struct TemplateHead(string PrevHash, int Height, string? LongPollId)
{
    /// <summary>Null when this is not a template. All of it is walked through: a template cut short is none.</summary>
    public static TemplateHead? TryRead(ReadOnlySpan<byte> json)
    {
        var scanner = new JsonScanner(json);
        if (!scanner.TryObject()) return null;

        var (prevHash, height, longPollId) = ("", -1L, (string?)null);
        while (scanner.TryName(out var name))
        {
            if (name.SequenceEqual("previousblockhash"u8)) prevHash = ReadText(ref scanner) ?? "";
            else if (name.SequenceEqual("height"u8)) height = scanner.TryInt64(out var number) ? number : -1;
            else if (name.SequenceEqual("longpollid"u8)) longPollId = ReadText(ref scanner);
            else scanner.Skip();
        }

        var isTemplate = scanner.IsAtEnd() && prevHash.Length == 64 && height is >= 1 and <= int.MaxValue;
        return isTemplate ? new TemplateHead(prevHash, (int)height, longPollId) : null;
    }

    private static string? ReadText(ref JsonScanner scanner)
    {
        if (!scanner.TryString(out var raw)) return null;
        return JsonScanner.TryText(raw, out var text) ? text : null;
    }
}
