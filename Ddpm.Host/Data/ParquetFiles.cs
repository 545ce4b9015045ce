using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
using Ddpm.Pure.Data;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Text;
using LanguageExt;
using LanguageExt.Common;
using Parquet;
using Parquet.Schema;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>
/// Parquet files of an image data set of the Hugging Face Hub: one file, or a folder of them, or a folder whose subfolder data has them. The names of files in
/// a folder begin with their split: train-00000-of-00002.parquet.
/// </summary>
internal static class ParquetFiles
{
    private const string Ending = ".parquet";

    /// <summary>Whether a path is a Parquet file, or a folder with some.</summary>
    public static bool Recognises(string path) => !In(path).IsEmpty;

    /// <summary>One part of the data set.</summary>
    public static Fin<LoadedDataSet> Load(string path, DataRequest request, CancellationToken stop) =>
        from files in Of(path, request.Split)
        from parts in Read(files, request, stop)
        let names = parts.Map(part => part.ClassNames).Find(found => !found.IsEmpty).IfNone(Arr<string>.Empty)
        from set in ReadPictures.Set([.. parts.Bind(part => toSeq(part.Pictures))], [.. parts.Bind(part => toSeq(part.Labels))], request)
            .ToFin(Error.New($"{path} has no picture that can be read"))
        select LoadedDataSet.Own(request, "Pictures", path, set, names, path, request.Background.ToString());

    /// <summary>A file's pictures, their labels, and the names of the classes.</summary>
    private sealed record Part(Fin<ReadPicture>[] Pictures, byte[] Labels, Arr<string> ClassNames);

    private static Seq<string> In(string path)
    {
        if (File.Exists(path))
        {
            return path.EndsWith(Ending, StringComparison.OrdinalIgnoreCase) ? Seq1(path) : Seq<string>();
        }

        return toSeq(((string[])[path, Path.Combine(path, "data")]).Select(Listed).FirstOrDefault(files => files.Length > 0) ?? []);
    }

    private static string[] Listed(string folder)
    {
        try
        {
            return Directory.Exists(folder)
                ? [.. Directory.EnumerateFiles(folder, "*" + Ending).Where(file => !PictureList.IsHidden(Path.GetFileName(file))).Order(NaturalOrder.Comparer)]
                : [];
        }
        catch (Exception e) when (FileFault.IsOne(e))
        {
            return [];
        }
    }

    /// <summary>The files of a split. Files without splits are all of the training part.</summary>
    private static Fin<Seq<string>> Of(string path, DataSplit split)
    {
        static string PartOf(string file) => string.Concat(Path.GetFileName(file).TakeWhile(char.IsLetter));
        var files = In(path);
        return SplitFolders.Of(File.Exists(path) ? Seq<string>() : files.Map(PartOf).Distinct()).At($"{path} cannot be used").Bind(parts => parts.Match(
            found => FinSucc(files.Filter(file => PartOf(file) == (split == DataSplit.Train ? found.Train : found.Test))),
            () => split == DataSplit.Train
                ? FinSucc(files)
                : Error.New($"{path} has no test pictures: it needs a folder with train-….parquet and test-….parquet")));
    }

    private static Fin<Seq<Part>> Read(Seq<string> files, DataRequest request, CancellationToken stop)
    {
        var done = 0;
        var parts = Outcomes.All(files.Map(file =>
        {
            var part = Read(file, request, stop);
            request.Progress(++done, files.Count);
            return part;
        }));
        return stop.IsCancellationRequested ? Errors.Cancelled : parts;
    }

    private static Fin<Part> Read(string path, DataRequest request, CancellationToken stop) => Folders.Read(path)
        .Bind(file => Read(file, path, request, stop).At($"{path} cannot be used"));

    /// <summary>The pictures in a file. Never throws, whatever the bytes.</summary>
    private static Fin<Part> Read(ReadOnlyMemory<byte> file, string path, DataRequest request, CancellationToken stop)
    {
        var frame = ParquetFrame.Check(file);
        if (frame.IsFail)
        {
            return (Error)frame;
        }

        try
        {
            return ReadChecked(file, path, request, stop).GetAwaiter().GetResult();
        }
        catch (Exception e) // whatever the library throws at damaged bytes, it is the file's fault
        {
            return Error.New($"it is damaged: {Quotation.Quote(e.Message)}");
        }
    }

    private static async Task<Fin<Part>> ReadChecked(ReadOnlyMemory<byte> file, string path, DataRequest request, CancellationToken stop)
    {
        using var stream = Folders.StreamOf(file);
        var reader = await ParquetReader.CreateAsync(stream, cancellationToken: stop).ConfigureAwait(false);
        await using var closed = reader.ConfigureAwait(false);
        var fields = toSeq(reader.Schema.DataFields);
        DataField Field(string name) => fields.Find(field => NameOf(field) == name).IfNone(() => throw new InvalidDataException());
        if (HubFeatures.Of(fields.Map(NameOf)).Case is not HubFeatures features)
        {
            return Error.New("it has no column of pictures such as image.bytes; "
                + $"its columns are {string.Join(", ", fields.Map(NameOf).Take(8).Map(Quotation.Quote))}");
        }

        var (pictures, labels, budget) = (new List<Fin<ReadPicture>>(), new List<byte>(), PixelBudget.OfFolder());
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            stop.ThrowIfCancellationRequested();
            using var rows = reader.OpenRowGroupReader(group);
            var (image, label) = (Field(features.Image), features.Label.Map(Field));
            foreach (var field in image.Cons(toSeq(label)))
            {
                if (Check(file, rows, field).Case is Error fault)
                {
                    return fault;
                }
            }

            var encoded = await Column<ReadOnlyMemory<byte>>(rows, image, stop).ConfigureAwait(false);
            var numbers = label.Case is DataField column ? await Numbers(rows, column, stop).ConfigureAwait(false) : new long?[rows.RowCount];
            var wrong = System.Array.FindIndex(numbers, number => label.IsSome && number is not (>= 0 and <= byte.MaxValue));
            if (wrong >= 0)
            {
                var got = numbers[wrong] is { } number ? Invariant($"{number}") : "null";
                return Error.New($"row {labels.Count + wrong} has the label {got}: labels must lie in [0, 255]");
            }

            var (read, first) = (new Fin<ReadPicture>[encoded.Length], pictures.Count);
            Parallel.For(0, read.Length, new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
                read[i] = PictureFile.Of(encoded[i] ?? default, request.Shape, request.Background, budget).At($"row {first + i} of {path}"));
            pictures.AddRange(read);
            labels.AddRange(numbers.Select(number => (byte)(number ?? 0)));
        }

        var names = reader.CustomMetadata.TryGetValue(HubFeatures.Metadata, out var json) ? features.ClassNames(json) : Arr<string>.Empty;
        return new Part([.. pictures], [.. labels], names);
    }

    private static string NameOf(DataField field) => field.Path.ToString().Replace('.', '/');

    /// <summary>What is wrong with a column of a row group, seen before anything of it is decompressed.</summary>
    private static Fin<Unit> Check(ReadOnlyMemory<byte> file, ParquetRowGroupReader rows, DataField field)
    {
        var column = rows.GetMetadata(field)?.MetaData ?? throw new InvalidDataException("a column has no metadata");
        var start = column.DictionaryPageOffset is { } dictionary and > 0 ? Math.Min(dictionary, column.DataPageOffset) : column.DataPageOffset;
        return field.MaxRepetitionLevel > 0 ? Error.New($"its column {Quotation.Quote(NameOf(field))} has lists, but one value for each row is needed")
            : rows.RowCount < 0 || rows.RowCount > file.Length || column.NumValues != rows.RowCount
                ? Error.New($"it announces {rows.RowCount} rows with {column.NumValues} values in {Quotation.Quote(NameOf(field))}, "
                    + $"but has {file.Length} bytes")
            : ParquetFrame.CheckPages(file, start, column.TotalCompressedSize);
    }

    private static async Task<long?[]> Numbers(ParquetRowGroupReader rows, DataField column, CancellationToken stop)
    {
        if (column.ClrType == typeof(long))
        {
            return await Column<long>(rows, column, stop).ConfigureAwait(false);
        }

        return column.ClrType == typeof(int)
            ? [.. (await Column<int>(rows, column, stop).ConfigureAwait(false)).Select(number => (long?)number)]
            : throw new InvalidDataException($"its column {Quotation.Quote(NameOf(column))} does not hold whole numbers of 32 or 64 bits");
    }

    /// <summary>
    /// A column of a row group, null where a row lacks the value. The library's own reading moves values up over nulls in a structure, so that they would get
    /// the labels of other rows.
    /// </summary>
    private static async Task<T?[]> Column<T>(ParquetRowGroupReader rows, DataField column, CancellationToken stop)
        where T : struct
    {
        var (values, levels) = (new T[rows.RowCount], new int[rows.RowCount]);
        Memory<int>? definitions = column.MaxDefinitionLevel > 0 ? levels : null;
        await rows.ReadRawAsync<T>(column, values, definitions, null, stop).ConfigureAwait(false);
        var (read, next) = (new T?[values.Length], 0);
        for (var row = 0; row < read.Length; row++)
        {
            read[row] = levels[row] == column.MaxDefinitionLevel ? values[next++] : null;
        }

        return read;
    }
}
