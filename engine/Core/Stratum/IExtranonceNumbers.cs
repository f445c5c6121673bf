namespace Viddhana.Core.Stratum;

/// <summary>Where connections get their extranonce1. Safe on any thread.</summary>
public interface IExtranonceNumbers
{
    /// <summary>A number that nobody has and no live job was sent with, or null when none is free at present.</summary>
    uint? Take();

    /// <summary>Its owner wants it no more. It rests until all work that the owner was sent with it is dead.</summary>
    void Return(uint extranonce1);
}
