using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Viddhana.Core;

/// <summary>Our own mistakes, caught in Release too. In a session it closes the session; on jobs it stops the process.</summary>
public static class Check
{
    /// <summary>Throws <see cref="BrokenInvariantException"/> unless <paramref name="holds"/>.</summary>
    public static void That(
        [DoesNotReturnIf(false)] bool holds,
        [CallerArgumentExpression(nameof(holds))] string what = "",
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
    {
        if (!holds) Fail(what, file, line);
    }

    [DoesNotReturn]
    private static void Fail(string what, string file, int line) =>
        throw new BrokenInvariantException($"{Path.GetFileName(file)}:{line}: {what}");
}

/// <summary>An invariant of this program does not hold: a bug of ours, never of a peer.</summary>
public sealed class BrokenInvariantException(string message) : Exception(message);
