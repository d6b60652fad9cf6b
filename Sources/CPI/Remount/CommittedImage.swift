import Engine

/// A copy of a VM's root layer, as it was when it was committed.
struct CommittedImage {
    let name: String
    let vm: VMCID
    let image: Image
}
