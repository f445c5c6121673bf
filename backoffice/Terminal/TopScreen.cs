using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Viddhana.Backoffice.Terminal;

/// <summary>How a piece of text looks.</summary>
internal enum Look
{
    Plain,
    Title,
    Quiet,
    Good,
    Warn,
    Bad,
}

/// <summary>Lays <see cref="TopState"/> out for a terminal of any size. Pure.</summary>
internal static class TopScreen
{
    private const int NameMax = 44;
    private const int BlocksShown = 6;
    private const int MinersLeast = 3;

    private static readonly string[] Windows = ["1m", "5m", "15m", "1h", "6h", "1d", "7d"];

    /// <summary>Lines of at most so many columns and rows; <paramref name="scroll"/> leaves out miners at the top.</summary>
    public static List<(string Text, Look Look)> Lines(TopState state, int width, int height, int scroll, DateTimeOffset now)
    {
        var lines = Head(state, now);
        var blocks = Blocks(state, now);
        var foot = Foot(state);
        var room = Math.Max(MinersLeast, height - lines.Count - blocks.Count - foot.Count - 1);
        lines.AddRange(Miners(state, now, scroll, room));
        lines.AddRange(blocks);
        while (height < int.MaxValue && lines.Count + foot.Count < height) lines.Add(("", Look.Plain));
        lines.AddRange(foot);
        return [.. lines.Take(height).Select(line => (Plain.Cut(line.Text, width), line.Look))];
    }

    /// <summary>The whole screen as one text for the terminal: each line over the old one, so that nothing flickers.</summary>
    public static string Draw(IEnumerable<(string Text, Look Look)> lines, bool withColor)
    {
        var text = new StringBuilder("\u001b[H");
        var isFirst = true;
        foreach (var (line, look) in lines)
        {
            if (!isFirst) text.Append("\r\n");
            isFirst = false;
            var code = withColor ? Code(look) : "";
            text.Append(code).Append(line);
            if (code.Length > 0) text.Append("\u001b[0m");
            text.Append("\u001b[K");
        }

        return text.Append("\u001b[J").ToString();
    }

    /// <summary>The most that can be scrolled.</summary>
    public static int ScrollMax(TopState state) => Math.Max(0, state.Miners.Count - 1);

    private static List<(string Text, Look Look)> Head(TopState state, DateTimeOffset now)
    {
        var stats = state.Stats;
        var others = state.Pools.Count > 1 ? $"  (of {state.Pools.Count}: left, right)" : "";
        var rates = string.Join("   ", Windows.Where(w => stats.At("hashrates", w) is not null)
            .Select(w => $"{w} {Plain.Rate(stats.Number("hashrates", w))}"));
        var shares = stats.At("shares") ?? default;
        var refused = shares.Number("stale") + shares.Number("duplicate") + shares.Number("lowdiff") + shares.Number("invalid");
        var valid = shares.Number("valid");
        var best = stats.At("bestDifficulty") is null ? "" : $"   best share {Plain.Count(stats.Number("bestDifficulty"))}";
        var lastBlock = stats.Time("lastBlockTime") is { } time ? $", last {Plain.Ago(now - time)} ago" : "";
        return
        [
            ($"{Plain.Name(state.Pool, NameMax)} · {Plain.Name(stats.Text("symbol"), 12)} · {state.Server}{others}", Look.Title),
            ($"hash rate   {rates}", Look.Plain),
            ($"network     {Plain.Rate(stats.Number("network", "hashrate"))}   "
                + $"difficulty {Plain.Count(stats.Number("network", "difficulty"))}   "
                + $"height {stats.Number("network", "height"):0}", Look.Plain),
            ($"miners      {stats.Number("miners"):0}   workers {stats.Number("workers"):0}   shares {Plain.Count(valid)}, "
                + $"{Plain.Percent(valid + refused == 0 ? 0 : refused / (valid + refused))} refused{best}", Look.Plain),
            ($"blocks      {stats.Number("blocks", "found"):0} found, {stats.Number("blocks", "immature"):0} immature, "
                + $"{stats.Number("blocks", "confirmed"):0} confirmed, {stats.Number("blocks", "orphaned"):0} orphaned{lastBlock}"
                + $"   effort {Plain.Percent(stats.Number("effort"))}", Look.Plain),
            ($"owed        {Coins(stats, "balances", "immature")} immature, {Coins(stats, "balances", "confirmed")} confirmed   "
                + $"paid {Coins(stats, "paid")}", Look.Plain),
            ("", Look.Plain),
        ];
    }

    private static List<(string Text, Look Look)> Miners(TopState state, DateTimeOffset now, int scroll, int room)
    {
        var table = new PlainTable(">#", "miner", ">hash rate", ">workers", ">shares", ">last share");
        foreach (var (miner, place) in state.Miners.Select((miner, i) => (miner, i + 1)).Skip(scroll).Take(Math.Max(0, room - 1)))
            table.Add(
                $"{place}", Plain.Name(miner.Text("address"), NameMax), Plain.Rate(miner.Number("hashrate")),
                miner.Number("workers").ToString("0", CultureInfo.InvariantCulture), Plain.Count(miner.Number("shares")),
                miner.Time("lastShare") is { } last ? Plain.Ago(now - last) : "");
        return [.. table.Lines().Select((line, i) => (line, i == 0 ? Look.Quiet : Look.Plain))];
    }

    private static List<(string Text, Look Look)> Blocks(TopState state, DateTimeOffset now)
    {
        List<(string Text, Look Look)> lines = [("", Look.Plain)];
        var table = new PlainTable("block", "state", ">confirmations", ">effort", ">found", "finder");
        var shown = state.Blocks.Take(BlocksShown).ToList();
        foreach (var block in shown)
            table.Add(
                block.Number("height").ToString("0", CultureInfo.InvariantCulture), Plain.Name(block.Text("state"), 12),
                block.Number("confirmations").ToString("0", CultureInfo.InvariantCulture), Plain.Percent(block.Number("effort")),
                block.Time("time") is { } time ? Plain.Ago(now - time) : "", Plain.Name(block.Text("finder"), NameMax));
        if (table.IsEmpty) return [.. lines, ("no block found yet", Look.Quiet)];

        var text = table.Lines();
        lines.Add((text[0], Look.Quiet));
        lines.AddRange(shown.Select((block, i) => (text[i + 1], LookOf(block.Text("state")))));
        return lines;
    }

    private static List<(string Text, Look Look)> Foot(TopState state) =>
        state.Away is { } away ? [($"! {Plain.Name(away, 200)}", Look.Bad)] : [(Plain.Name(state.Event, 200), Look.Quiet)];

    private static string Coins(JsonElement stats, params ReadOnlySpan<string> names) =>
        (stats.At(names) ?? default).Text("decimal") is { Length: > 0 } coins ? Plain.Name(coins, 24) : "0";

    private static Look LookOf(string state) => state switch
    {
        "confirmed" => Look.Good,
        "immature" => Look.Warn,
        "orphaned" => Look.Bad,
        _ => Look.Plain,
    };

    /// <summary>Colours of every terminal's own palette (ECMA-48, SGR).</summary>
    private static string Code(Look look) => look switch
    {
        Look.Title => "\u001b[1;36m",
        Look.Quiet => "\u001b[2m",
        Look.Good => "\u001b[32m",
        Look.Warn => "\u001b[33m",
        Look.Bad => "\u001b[31m",
        _ => "",
    };
}
