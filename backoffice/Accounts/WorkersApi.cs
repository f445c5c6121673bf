using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// An account's rigs: <c>/api/v1/pools/{id}/miners/{address}/workers</c>, sorted, sifted and paged here, ten thousand of them too.
/// </summary>
internal static class WorkersApi
{
    private const int SearchMax = 64;

    public static void MapWorkers(this RouteGroupBuilder pools) =>
        pools.MapGet("/{id}/miners/{address}/workers", Workers).Produces<WorkersAnswer>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Its rigs (sort: name, hashrate, lastShare, with '-' the other way; state: ok, low, off; search: part of a name)")
            .Shared(3, "limit", "cursor", "sort", "state", "search", "name");

    private static async Task<IResult> Workers(
        string id,
        string address,
        int? limit,
        string? cursor,
        string? sort,
        string? state,
        string? search,
        string? name,
        PoolBook all,
        MinerQueries queries,
        MinerFigures figures)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !RigOrder.TryParse(sort, out var order, out problem)) return problem!;
        if (!order.TryReadCursor(cursor, out var after)) return Cursor.Bad();
        if (state is not (null or "ok" or "low" or "off"))
            return Problems.Of(400, "bad-state", $"state must be ok, low or off, not '{Problems.Shown(state)}'");
        if (search is { Length: > SearchMax }) return Problems.Of(400, "bad-request", $"search has at most {SearchMax} characters");
        (var subject, problem) = await MinersApi.Find(id, address, all, queries);
        if (subject is null) return problem!;

        var (activity, rigs) = await figures.Rigs(subject);
        var asked = rigs.Where(rig =>
            (state is null || MinerFigures.StateText(rig.State) == state)
            && (search is null || rig.Name.Contains(search, StringComparison.OrdinalIgnoreCase))
            && (name is null || rig.Name == name)).ToList();
        List<Rig> page = [.. order.After(asked, after).Take(most)];
        return Results.Ok(new WorkersAnswer(
            await figures.Workers(subject, activity, page),
            page.Count < most ? null : order.CursorOf(page[^1]),
            asked.Count,
            new StateCounts(
                rigs.Count(rig => rig.State == RigState.Ok),
                rigs.Count(rig => rig.State == RigState.Low),
                rigs.Count(rig => rig.State == RigState.Off))));
    }
}

/// <summary>
/// An order of rigs that is the same at every call, and cursors in it: what a rig is sorted by, then its number. Names are sorted by
/// their code points.
/// </summary>
internal sealed class RigOrder
{
    private static readonly Dictionary<string, Func<Rig, long>> Keys = new()
    {
        // The window's work and not its hash rate, which falls with every second between two shares.
        ["hashrate"] = rig => BitConverter.DoubleToInt64Bits(rig.Work),
        ["lastShare"] = rig => rig.LastShareMs,
    };

    private readonly Func<Rig, long>? _key;
    private readonly int _sign;

    private RigOrder(Func<Rig, long>? key, int sign) => (_key, _sign) = (key, sign);

    /// <summary>By its name in the query; names rising where none is given.</summary>
    public static bool TryParse(string? sort, out RigOrder order, out IResult? problem)
    {
        var text = sort ?? "name";
        var isFalling = text.StartsWith('-');
        var by = isFalling ? text[1..] : text;
        var isKnown = Keys.TryGetValue(by, out var key) || by == "name";
        order = new RigOrder(key, isFalling ? -1 : 1);
        problem = isKnown
            ? null
            : Problems.Of(
                400, "bad-sort", $"sort must be name, hashrate or lastShare, or one of these after '-', not '{Problems.Shown(text)}'");
        return isKnown;
    }

    /// <summary>Where a page ended.</summary>
    public string CursorOf(Rig last) => _key is null ? "~" + last.Name : Cursor.Of(_key(last), last.WorkerId);

    /// <summary>Reads <see cref="CursorOf"/>; no text is the beginning. A name is taken as it is: a rig may have none.</summary>
    public bool TryReadCursor(string? text, out Rig? last)
    {
        last = null;
        if (text is null) return true;
        if (_key is null)
        {
            if (text is not ['~', .. var name]) return false;
            last = new Rig(long.MaxValue, name, 0, 0, 0, RigState.Off, null);
            return true;
        }

        if (!Cursor.TryRead(text, 2, out var key, out _)) return false;
        last = new Rig(key![1], "", key[0], BitConverter.Int64BitsToDouble(key[0]), 0, RigState.Off, null);
        return true;
    }

    /// <summary>The rigs behind a cursor, in order.</summary>
    public IEnumerable<Rig> After(List<Rig> rigs, Rig? last)
    {
        rigs.Sort(Compare);
        return last is null ? rigs : rigs.SkipWhile(rig => Compare(rig, last) <= 0);
    }

    private int Compare(Rig a, Rig b)
    {
        if (_key is null) return _sign * string.CompareOrdinal(a.Name, b.Name);
        var byKey = _sign * _key(a).CompareTo(_key(b));
        return byKey != 0 ? byKey : a.WorkerId.CompareTo(b.WorkerId);
    }
}
