using System.Globalization;

namespace Viddhana.Backoffice.Pools;

/// <summary>A page of a list.</summary>
/// <param name="Items">At most as many as the limit asked for.</param>
/// <param name="Next">Give it as <c>cursor</c> for the next page; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Makes pages.</summary>
internal static class Page
{
    /// <summary>A page of rows that are numbered downwards; a page that is not full is the last.</summary>
    public static Page<TAnswer> Of<TRow, TAnswer>(List<TRow> rows, int limit, Func<TRow, TAnswer> answer, Func<TRow, long> number) => new(
        rows.ConvertAll(row => answer(row)),
        rows.Count < limit ? null : Cursor.Of(number(rows[^1])));
}

/// <summary>The size of a page.</summary>
public static class Paging
{
    /// <summary>Most items of one page.</summary>
    public const int LimitMax = 200;

    /// <summary>Items of a page where nothing is asked for.</summary>
    public const int LimitStandard = 50;

    /// <summary>A limit inside its bounds, or a problem that says them.</summary>
    public static bool TryLimit(int? asked, out int limit, out IResult? problem)
    {
        limit = asked ?? LimitStandard;
        problem = limit is >= 1 and <= LimitMax
            ? null
            : Problems.Of(400, "bad-limit", $"limit must be from 1 to {LimitMax}, not {limit}");
        return problem is null;
    }
}

/// <summary>
/// Where a page ended: the key of its last row, so that rows which come in between neither repeat nor hide others. Callers take it as a
/// word without meaning.
/// </summary>
public static class Cursor
{
    private const int TextMax = 100;

    /// <summary>A cursor of one or more numbers.</summary>
    public static string Of(params ReadOnlySpan<long> key)
    {
        var text = key[0].ToString(CultureInfo.InvariantCulture);
        foreach (var part in key[1..]) text += string.Create(CultureInfo.InvariantCulture, $".{part}");
        return text;
    }

    /// <summary>Reads one back; no text is the first page, whose key is null.</summary>
    /// <param name="text">What the caller gave.</param>
    /// <param name="parts">How many numbers it must have.</param>
    /// <param name="key">The numbers; null for the first page.</param>
    /// <param name="problem">What is wrong with it.</param>
    public static bool TryRead(string? text, int parts, out long[]? key, out IResult? problem)
    {
        (key, problem) = (null, null);
        if (text is null) return true;

        var words = text.Length <= TextMax ? text.Split('.') : [];
        var numbers = new long[parts];
        var isGood = words.Length == parts;
        for (var i = 0; isGood && i < parts; i++)
            isGood = long.TryParse(words[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out numbers[i]);
        if (isGood) key = numbers;
        else problem = Bad();
        return isGood;
    }

    /// <summary>The problem of a cursor that is none.</summary>
    public static IResult Bad() => Problems.Of(400, "bad-cursor", "cursor must be the 'next' of the page before");
}
